// Small ONNX models, written message by message.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "onnx/fields.h"
#include "support/proto_builder.h"

namespace tsinspect::onnx {

// TensorProto.DataType.
enum : uint64_t {
  kFloat = 1,
  kUInt8 = 2,
  kInt8 = 3,
  kString = 8,
  kFloat6 = 27
};

inline ProtoBuilder entry(std::string_view key, std::string_view value) {
  return ProtoBuilder()
      .bytes(string_string_entry_proto::kKey, key)
      .bytes(string_string_entry_proto::kValue, value);
}

// A tensor without its values.
inline ProtoBuilder bare_tensor(std::string_view name, uint64_t type,
                                std::vector<uint64_t> dims) {
  ProtoBuilder tensor;
  for (uint64_t dim : dims) tensor.varint(tensor_proto::kDims, dim);
  return tensor.varint(tensor_proto::kDataType, type)
      .bytes(tensor_proto::kName, name);
}

// One of int8, with its values.
inline ProtoBuilder bytes_tensor(std::string_view name,
                                 std::string_view values) {
  return bare_tensor(name, kInt8, {values.size()})
      .bytes(tensor_proto::kRawData, values);
}

struct PlaceText {
  std::string location;
  std::string offset = {};
  std::string length = {};
};

// One of `size` int8, whose values lie elsewhere.
inline ProtoBuilder external_tensor(std::string_view name, uint64_t size,
                                    const PlaceText& place) {
  ProtoBuilder tensor = bare_tensor(name, kInt8, {size});
  tensor.varint(tensor_proto::kDataLocation, 1)
      .message(tensor_proto::kExternalData, entry("location", place.location));
  if (!place.offset.empty()) {
    tensor.message(tensor_proto::kExternalData, entry("offset", place.offset));
  }
  if (!place.length.empty()) {
    tensor.message(tensor_proto::kExternalData, entry("length", place.length));
  }
  return tensor;
}

inline ProtoBuilder node(std::string_view op,
                         const std::vector<std::string>& inputs,
                         const std::vector<std::string>& outputs) {
  ProtoBuilder node;
  for (const auto& name : inputs) node.bytes(node_proto::kInput, name);
  for (const auto& name : outputs) node.bytes(node_proto::kOutput, name);
  return node.bytes(node_proto::kOpType, op);
}

inline ProtoBuilder graph_attribute(std::string_view name,
                                    const ProtoBuilder& graph) {
  return ProtoBuilder()
      .bytes(attribute_proto::kName, name)
      .message(attribute_proto::kG, graph);
}

inline ProtoBuilder tensor_attribute(std::string_view name,
                                     const ProtoBuilder& tensor) {
  return ProtoBuilder()
      .bytes(attribute_proto::kName, name)
      .message(attribute_proto::kT, tensor);
}

inline ProtoBuilder graph_of(const std::vector<ProtoBuilder>& initializers,
                             const std::vector<ProtoBuilder>& nodes = {}) {
  ProtoBuilder graph;
  for (const auto& n : nodes) graph.message(graph_proto::kNode, n);
  for (const auto& t : initializers) {
    graph.message(graph_proto::kInitializer, t);
  }
  return graph;
}

inline std::string model_of(const ProtoBuilder& graph) {
  return ProtoBuilder()
      .varint(model_proto::kIrVersion, 8)
      .message(model_proto::kGraph, graph)
      .text();
}

}  // namespace tsinspect::onnx
