// AttributeProto: what a node is set to.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/protobuf.h"

namespace tsinspect::onnx {

// Its messages are views of them, none read further.
struct Attribute {
  std::string_view message;  // All of it.
  std::string_view name;
  int64_t type = 0;           // AttributeProto.AttributeType; 0 in old models.
  bool is_reference = false;  // To an attribute of the function it is in.
  std::optional<std::string_view> tensor;
  std::vector<std::string_view> tensors;
  std::optional<std::string_view> sparse_tensor;
  std::vector<std::string_view> sparse_tensors;
  std::optional<std::string_view> graph;
  std::vector<std::string_view> graphs;
};

// Throws Error(kMalformed).
Attribute read_attribute_proto(MessageReader in);

}  // namespace tsinspect::onnx
