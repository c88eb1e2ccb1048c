// Hands a command that needs LibTorch to the executable that is linked with it.

#pragma once

#include <string>

namespace tsinspect::cli {

// That executable, as a file beside it says:
//
//   tsinspect 0.1.0
//   LibTorch 2.13.0
struct LibtorchProgram {
  std::string path = {};
  std::string libtorch_version = {};  // "2.13.0".
  std::string problem = {};           // Why it cannot be used; empty if it can.
};

// What belongs to the executable at `self`:
// <prefix>/bin/tsinspect → <prefix>/libexec/tsinspect/tsinspect-libtorch.
LibtorchProgram find_libtorch_program(const std::string& self);

// What belongs to the executable that is running.
LibtorchProgram find_libtorch_program();

// Becomes it, with the same arguments. Returns only if it cannot, with the line
// to tell the user.
std::string exec_libtorch(char** argv);

}  // namespace tsinspect::cli
