// Which tensors of a graph say what the integers of others stand for.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "tsinspect/dataflow.h"
#include "tsinspect/model.h"

namespace tsinspect::onnx {

// A tensor that nodes of a graph, and of the graphs in it, take by its name.
struct NamedTensor {
  uint32_t graph = 0;  // Index into Dataflow::graphs.
  std::string_view name;
  uint32_t row = 0;  // Index into Model::tensors.
};

// Names of a value and of what it is quantised with, in a graph.
struct QuantizedTensor {
  uint32_t graph = 0;
  std::string_view tensor;
  std::string_view scale;
  std::string_view zero_point;
};

// Fills TensorDetails::scale and zero_point of the tensors that quantising
// operators take, and of those in `annotated`, where those are tensors, too.
void find_quantization(const Dataflow& flow, std::span<const NamedTensor> named,
                       std::span<const QuantizedTensor> annotated,
                       Model* model);

}  // namespace tsinspect::onnx
