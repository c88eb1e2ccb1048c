// Running a method of a model, and what comes out of it.

#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "libtorch/run_request.h"
#include "tsinspect/model.h"

namespace tsinspect {

// A tensor, or another value, that the method returned.
struct RunOutput {
  std::string name;  // By its place: "output", "output.0", "output.logits".
  std::string type;  // LibTorch's: "Tensor", "int", "List[str]".
  // Index into RunResult::model's tensors; kNoIndex if it is no tensor.
  uint32_t tensor = kNoIndex;
  // Otherwise: None, a bool, a number, a string, or another value's text.
  std::variant<std::monostate, bool, int64_t, double, std::string> value = {};
};

struct RunResult {
  Model model;  // Its tensors are the outputs'.
  std::vector<RunOutput> outputs;
  std::string schema;  // "forward(Tensor x, int n=2) -> Tensor"
  bool mapped = false;
  std::string why_not_mapped;
  std::vector<std::string> notes;  // What the user should know.
  double load_ms = 0;
  double first_ms = 0;   // Of the first run, with what LibTorch does once.
  double median_ms = 0;  // Of the runs behind it; of the first if it is alone.
  uint64_t runs = 0;
  uint64_t peak_bytes = 0;  // Of the process's memory, until now.
};

// Runs the request's method `repeat` times and once before that, unless
// `repeat` is 0: then once in all. The outputs are the first run's.
// Throws Error: see open_session(); kFailed where the model fails, with
// LibTorch's message and the place in the model's code.
RunResult run_model(const RunRequest& request, uint64_t repeat = 0);

}  // namespace tsinspect
