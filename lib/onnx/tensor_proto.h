// TensorProto and SparseTensorProto, as far as they tell what the values are
// and where they lie. No value is read.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/protobuf.h"

namespace tsinspect::onnx {

// Where in another file the values are. Numbers are as the model writes them.
struct ExternalPlace {
  std::string_view location;  // A path from the model's folder.
  std::string_view offset;    // Decimal; empty is 0.
  std::string_view length;    // Decimal; empty: as many as the tensor needs.
};

struct TensorProto {
  std::string_view message;  // All of it.
  std::string_view name;
  int64_t data_type = 0;  // TensorProto.DataType: see element_type.h.
  std::vector<int64_t> dims;
  std::optional<std::string_view> raw_data;
  bool is_segment = false;  // It is a part of a tensor.
  bool is_external = false;
  ExternalPlace external;
};

// Throws Error(kMalformed).
TensorProto read_tensor_proto(MessageReader in);

struct SparseTensorProto {
  std::optional<TensorProto> values;
  std::optional<TensorProto> indices;  // [NNZ], linear, or [NNZ, rank].
  std::vector<int64_t> dims;

  // As an initializer's: that of its values.
  std::string_view name() const {
    return values ? values->name : std::string_view();
  }
};

// Throws Error(kMalformed).
SparseTensorProto read_sparse_tensor_proto(MessageReader in);

}  // namespace tsinspect::onnx
