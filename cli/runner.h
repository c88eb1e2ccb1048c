// What running models takes: the functions of lib/libtorch, as a table that
// only the executable linked with LibTorch fills. Commands are the same in
// both.

#pragma once

#include <string>

#include "libtorch/preflight.h"
#include "libtorch/run.h"
#include "libtorch/verify.h"
#include "libtorch/version.h"

namespace tsinspect::cli {

struct Runner {
  std::string (*libtorch_version)();
  RunResult (*run_model)(const RunRequest& request, uint64_t repeat);
  PreflightResult (*preflight)(const Model& model,
                               const std::vector<std::string>& libraries);
  VerifyResult (*verify)(const Model&, const VerifyRequest&);
};

// Null in the executable that is not linked with LibTorch: main() has set it.
const Runner* runner();
void set_runner(const Runner* runner);

}  // namespace tsinspect::cli
