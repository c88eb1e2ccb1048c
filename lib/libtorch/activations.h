// What `activations` shows of a run, without a LibTorch type in it.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libtorch/run_request.h"
#include "tsinspect/model.h"
#include "tsinspect/stats.h"

namespace tsinspect {

struct ActivationsRequest {
  RunRequest run;
  // Globs over submodules ("layer*", "path::method"), and over operators by
  // name or kind; where both are empty, everything that has a path.
  std::vector<std::string> modules;
  std::vector<std::string> operators;
  bool inputs = false;
  // Which values to keep, by the activation's name; none if empty.
  std::function<bool(const std::string& name)> keep;
  std::string halt_after;
  StatsOptions statistics;
};

struct ActivationRow {
  std::string name;
  std::string path;
  std::string method;  // Empty of an operator.
  uint32_t call = 1;
  std::string type;
  bool is_input = false;
  double milliseconds = 0;     // Of the call, its submodules included.
  uint32_t tensor = kNoIndex;  // Row of ActivationsResult::values.
  std::string text;            // The value of what is no tensor.
  TensorStats stats;           // Of a tensor.
};

struct ActivationsResult {
  // The tensors, in the order of `rows`: without their bytes, as tensors on the
  // meta device are, where they are not kept.
  Model values;
  std::vector<ActivationRow> rows;  // In order of completion.
  std::vector<std::string> notes;
  std::string schema;
  bool mapped = false;
  bool halted = false;
  double load_ms = 0;
  double run_ms = 0;        // As it is,
  double captured_ms = 0;   // and with hooks, what they do included.
  uint64_t peak_bytes = 0;  // Most memory the process had.
};

// Runs the model twice, as it is and with hooks. Throws Error as
// open_session(), kNotFound for a selection that fits nothing, and kFailed
// where the outputs of the two runs are not equal bit for bit.
ActivationsResult run_activations(const ActivationsRequest& request);

}  // namespace tsinspect
