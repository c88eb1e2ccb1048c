// Hands a command that runs models to the executable that can.

#pragma once

#include <string>

namespace tsinspect::cli {

// Where the LibTorch executable belongs, seen from this one at `self`:
// <prefix>/bin/tsinspect → <prefix>/libexec/tsinspect/tsinspect-libtorch.
std::string libtorch_executable(const std::string& self);

// Becomes that executable, with the same arguments. Returns only if it is not
// there, with the line to tell the user.
std::string exec_libtorch(char** argv);

}  // namespace tsinspect::cli
