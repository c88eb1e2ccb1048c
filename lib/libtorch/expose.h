// Writing a model that returns its own activations, without a LibTorch type in
// the interface.

#pragma once

#include <string>
#include <vector>

#include "libtorch/run_request.h"

namespace tsinspect {

struct ExposeRequest {
  RunRequest run;  // Its inputs are what the written file is verified with.
  // As ActivationsRequest has them.
  std::vector<std::string> modules;
  std::vector<std::string> operators;
  std::string output;  // Path of the file to write.
  bool replace = false;
};

struct ExposeResult {
  std::vector<std::string> names;  // As the written model returned them.
  // Activations that hooks see and the file does not return, by name: of calls
  // in forked code, or of modules that only a run can tell.
  std::vector<std::string> left_out;
  std::vector<std::string> notes;
  uint64_t file_bytes = 0;
};

// Writes plain TorchScript, with no operator that is not LibTorch's own, whose
// method returns (output, names, values): what it returned before, and for each
// tensor that a submodule or operator put out its activation's name and a copy
// of it, in order of completion. Then loads and runs what was written: outputs
// and values must be those of the model and of hooks on it, bit for bit, or
// nothing is written.
//
// Throws Error as open_session(); kNotFound for a selection that fits nothing;
// kFailed where what was written does not give the same; kIo.
ExposeResult expose(const ExposeRequest& request);

}  // namespace tsinspect
