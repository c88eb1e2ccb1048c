// What running models takes: the functions of lib/libtorch, as a table that
// only the executable linked with LibTorch fills. Commands are the same in
// both.

#pragma once

#include <string>

#include "libtorch/version.h"

namespace tsinspect::cli {

struct Runner {
  std::string (*libtorch_version)();
};

// Null in the executable that is not linked with LibTorch: main() has set it.
const Runner* runner();
void set_runner(const Runner* runner);

}  // namespace tsinspect::cli
