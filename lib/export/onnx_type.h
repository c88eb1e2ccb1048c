// The types of values in an ONNX model, and which of them follow from others.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "export/onnx_graph.h"

namespace tsinspect {

struct OnnxTensorType {
  int64_t element = 0;                        // TensorProto.DataType.
  std::optional<std::vector<int64_t>> shape;  // -1: not known.
};

// Unset for anything but a dense tensor of a known element type. Throws
// Error(kMalformed).
std::optional<OnnxTensorType> read_onnx_tensor_type(std::string_view type);

// Adds to the graph's types, and to those of graphs in it, what the operators
// and the types of their inputs tell.
void infer_onnx_types(OnnxModel* model);

}  // namespace tsinspect
