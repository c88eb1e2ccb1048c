// What a run of a model computed, value by value: from a run here, or from a
// golden file.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// One value that went into or came out of a call. Part of a tuple, list or dict
// where `name` says so: "encoder@out.0".
struct RunValue {
  std::string name;  // "layer1.0.conv1", "encoder::embed#2@in.0", "(root)"
  std::string path;  // Of the module; empty for the model itself.
  std::string method = "forward";
  uint32_t call = 1;
  std::string type = "Tensor";  // Or the type of what is none: "int".
  uint32_t tensor = kNoIndex;   // Row of Model::tensors; kNoIndex if none.
  // What is no tensor, as JSON: "3", "\"mean\"", "null"; empty if not known.
  std::string json = {};
  // Other names it may go by: see run_names.h.
  std::vector<std::string> also = {};

  bool is_tensor() const { return tensor != kNoIndex; }
  bool is_input() const;
};

struct RunRecord {
  Model model;                   // Has the tensors, under the values' names.
  std::vector<RunValue> values;  // In the order of the run.
  std::string method = "forward";
  std::string producer = {};  // "torch 2.13.0"
};

// Appends a value for row `tensor` of the model, with its name.
inline void append_value(RunRecord* record, RunValue value, uint32_t tensor) {
  value.tensor = tensor;
  record->model.tensors[tensor].name = value.name;
  record->values.push_back(std::move(value));
}

}  // namespace tsinspect
