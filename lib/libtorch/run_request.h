// What to run, and how: what every command that runs a model asks for.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tsinspect {

struct RunRequest {
  std::string path;                    // A TorchScript file.
  std::string method = "forward";      // Of the root module.
  std::vector<std::string> inputs;     // As input_spec.h reads them, in order.
  uint64_t seed = 0;                   // Of random inputs, and of the model's.
  std::string device = "cpu";          // As torch names it: "cuda:0".
  uint32_t threads = 0;                // Of one operator; 0: LibTorch's choice.
  std::vector<std::string> libraries;  // Opened first, for their operators.
  bool trust = false;      // Run code that reaches outside of the process.
  bool gradients = false;  // Record what autograd needs.
};

}  // namespace tsinspect
