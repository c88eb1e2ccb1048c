#include "onnx/attribute_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/attribute_items.h"
#include "onnx/element_type.h"
#include "onnx/fields.h"

namespace tsinspect::onnx {
namespace {

std::string type_name(int64_t data_type) {
  const ElementType* type = find_element_type(data_type);
  return type != nullptr ? dtype_info(type->dtype).name
                         : element_type_name(data_type);
}

// "float32 [3, 4]" of a TensorProto.
std::string tensor_text(MessageReader in) {
  NodeAttribute dims;
  int64_t data_type = 0;
  while (in.next()) {
    if (in.field() == tensor_proto::kDims) add_integers(&in, "dims", &dims);
    if (in.field() == tensor_proto::kDataType) {
      data_type = in.integer("data_type");
    }
  }
  std::string text = type_name(data_type) + " [";
  for (size_t i = 0; i < dims.items.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{}{}", i ? ", " : "",
                   std::get<int64_t>(dims.items[i]));
  }
  return text + (dims.left_out > 0 ? ", …]" : "]");
}

// Of a SparseTensorProto: the type of its values and its own shape.
std::string sparse_text(MessageReader in) {
  std::string values;
  while (in.next()) {
    if (in.field() == sparse_tensor_proto::kValues) {
      values = tensor_text(in.message("values", "TensorProto"));
    }
  }
  return "sparse " + values;
}

std::string graph_text(MessageReader in) {
  std::string name;
  while (in.next()) {
    if (in.field() == graph_proto::kName) name = in.bytes("name");
  }
  return name;
}

void add_text(MessageReader* in, const char* what, NodeAttribute* attribute) {
  add_item(std::string(in->bytes(what)), attribute);
}

void add_tensor(MessageReader* in, const char* what, NodeAttribute* attribute) {
  add_item(tensor_text(in->message(what, "TensorProto")), attribute);
}

void add_sparse(MessageReader* in, const char* what, NodeAttribute* attribute) {
  add_item(sparse_text(in->message(what, "SparseTensorProto")), attribute);
}

void add_graph(MessageReader* in, const char* what, NodeAttribute* attribute) {
  add_item(graph_text(in->message(what, "GraphProto")), attribute);
}

void add_type(MessageReader* in, const char* what, NodeAttribute* attribute) {
  in->bytes(what);
  add_item(std::string("type"), attribute);
}

// A field of AttributeProto that holds values.
struct ValueField {
  uint32_t number;
  const char* name;
  const char* type;
  bool is_list;
  void (*add)(MessageReader* in, const char* what, NodeAttribute* attribute);
};

constexpr std::array kValueFields = {
    ValueField{attribute_proto::kF, "f", "float", false, add_floats},
    ValueField{attribute_proto::kI, "i", "int", false, add_integers},
    ValueField{attribute_proto::kS, "s", "string", false, add_text},
    ValueField{attribute_proto::kT, "t", "tensor", false, add_tensor},
    ValueField{attribute_proto::kG, "g", "graph", false, add_graph},
    ValueField{attribute_proto::kTp, "tp", "type", false, add_type},
    ValueField{attribute_proto::kFloats, "floats", "float", true, add_floats},
    ValueField{attribute_proto::kInts, "ints", "int", true, add_integers},
    ValueField{attribute_proto::kStrings, "strings", "string", true, add_text},
    ValueField{attribute_proto::kTensors, "tensors", "tensor", true,
               add_tensor},
    ValueField{attribute_proto::kGraphs, "graphs", "graph", true, add_graph},
    ValueField{attribute_proto::kTypeProtos, "type_protos", "type", true,
               add_type},
    ValueField{attribute_proto::kSparseTensor, "sparse_tensor", "tensor", false,
               add_sparse},
    ValueField{attribute_proto::kSparseTensors, "sparse_tensors", "tensor",
               true, add_sparse},
    ValueField{attribute_proto::kRefAttrName, "ref_attr_name", "reference",
               false, add_text},
};

// AttributeProto.AttributeType of the lists that can be empty.
struct EmptyList {
  int64_t attribute_type;
  const char* type;
};
constexpr std::array kEmptyLists = {
    EmptyList{6, "float"},  EmptyList{7, "int"},    EmptyList{8, "string"},
    EmptyList{9, "tensor"}, EmptyList{10, "graph"}, EmptyList{12, "tensor"},
    EmptyList{14, "type"},
};

NodeAttribute read_attribute(MessageReader in) {
  NodeAttribute attribute;
  int64_t type = 0;
  while (in.next()) {
    if (in.field() == attribute_proto::kName) attribute.name = in.bytes("name");
    if (in.field() == attribute_proto::kType) type = in.integer("type");
    auto row = std::ranges::find(kValueFields, in.field(), &ValueField::number);
    if (row == kValueFields.end()) continue;
    attribute.type = row->type;
    attribute.is_list = row->is_list;
    row->add(&in, row->name, &attribute);
  }
  auto empty = std::ranges::find(kEmptyLists, type, &EmptyList::attribute_type);
  if (attribute.items.empty() && empty != kEmptyLists.end()) {
    attribute.type = empty->type;
    attribute.is_list = true;
  }
  return attribute;
}

}  // namespace

std::vector<NodeAttribute> node_attributes(std::string_view node,
                                           std::string_view file) {
  std::vector<NodeAttribute> attributes;
  MessageReader in(node, file, "NodeProto");
  while (in.next()) {
    if (in.field() != node_proto::kAttribute) continue;
    NodeAttribute attribute =
        read_attribute(in.message("attribute", "AttributeProto"));
    add_attribute(std::move(attribute), in, &attributes);
  }
  return attributes;
}

}  // namespace tsinspect::onnx
