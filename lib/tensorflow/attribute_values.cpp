#include "tensorflow/attribute_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/attribute_items.h"
#include "tensorflow/element_type.h"
#include "tensorflow/fields.h"
#include "tensorflow/map_entry.h"
#include "tensorflow/shape.h"

namespace tsinspect::tensorflow {
namespace {

// "[1, ?, 3]" of a TensorShapeProto.
std::string shape_text(MessageReader in) {
  Shape shape = read_shape(std::move(in));
  if (!shape) return "of unknown rank";
  std::string text = "[";
  for (int64_t size : *shape) {
    if (text.size() > 1) text += ", ";
    text += size < 0 ? "?" : fmt::format("{}", size);
  }
  return text + "]";
}

// "float32 [3, 4]" of a TensorProto.
std::string tensor_text(MessageReader in) {
  int64_t type = 0;
  std::string shape = "[]";
  while (in.next()) {
    if (in.field() == tensor_proto::kDtype) type = in.integer("dtype");
    if (in.field() == tensor_proto::kTensorShape) {
      shape = shape_text(in.message("tensor_shape", "TensorShapeProto"));
    }
  }
  return element_type_name(type) + ' ' + shape;
}

// Of a NameAttrList: the name of the function.
std::string function_text(MessageReader in) {
  std::string name;
  while (in.next()) {
    if (in.field() == name_attr_list::kName) name = in.bytes("name");
  }
  return name;
}

void add_text(MessageReader* in, const char* what, NodeAttribute* attribute) {
  add_item(std::string(in->bytes(what)), attribute);
}

// Changes the numbers of a field to what they stand for.
template <typename To>
void add_as(MessageReader* in, const char* what, NodeAttribute* attribute,
            To to) {
  NodeAttribute numbers;
  add_integers(in, what, &numbers);
  for (const AttributeItem& item : numbers.items) {
    add_item(to(std::get<int64_t>(item)), attribute);
  }
  attribute->left_out += numbers.left_out;
}

void add_bool(MessageReader* in, const char* what, NodeAttribute* attribute) {
  add_as(in, what, attribute, [](int64_t value) { return value != 0; });
}

void add_type(MessageReader* in, const char* what, NodeAttribute* attribute) {
  add_as(in, what, attribute, element_type_name);
}

void add_shape(MessageReader* in, const char* what, NodeAttribute* attribute) {
  add_item(shape_text(in->message(what, "TensorShapeProto")), attribute);
}

void add_tensor(MessageReader* in, const char* what, NodeAttribute* attribute) {
  add_item(tensor_text(in->message(what, "TensorProto")), attribute);
}

void add_function(MessageReader* in, const char* what,
                  NodeAttribute* attribute) {
  add_item(function_text(in->message(what, "NameAttrList")), attribute);
}

// A field of AttrValue, or of the list in one.
struct ValueField {
  uint32_t number;
  uint32_t number_in_list;  // 0: only alone.
  const char* name;
  const char* type;
  void (*add)(MessageReader* in, const char* what, NodeAttribute* attribute);
};

constexpr std::array kValueFields = {
    ValueField{attr_value::kS, attr_value_list_value::kS, "s", "string",
               add_text},
    ValueField{attr_value::kI, attr_value_list_value::kI, "i", "int",
               add_integers},
    ValueField{attr_value::kF, attr_value_list_value::kF, "f", "float",
               add_floats},
    ValueField{attr_value::kB, attr_value_list_value::kB, "b", "bool",
               add_bool},
    ValueField{attr_value::kType, attr_value_list_value::kType, "type", "type",
               add_type},
    ValueField{attr_value::kShape, attr_value_list_value::kShape, "shape",
               "shape", add_shape},
    ValueField{attr_value::kTensor, attr_value_list_value::kTensor, "tensor",
               "tensor", add_tensor},
    ValueField{attr_value::kFunc, attr_value_list_value::kFunc, "func",
               "function", add_function},
    ValueField{attr_value::kPlaceholder, 0, "placeholder", "reference",
               add_text},
};

void add_fields(MessageReader in, uint32_t ValueField::*number,
                NodeAttribute* attribute) {
  while (in.next()) {
    auto row = std::ranges::find(kValueFields, in.field(), number);
    if (row == kValueFields.end()) continue;
    attribute->type = row->type;
    row->add(&in, row->name, attribute);
  }
}

void read_value(MessageReader in, NodeAttribute* attribute) {
  MessageReader again(in);
  add_fields(in, &ValueField::number, attribute);
  while (again.next()) {
    if (again.field() != attr_value::kList) continue;
    attribute->is_list = true;
    add_fields(again.message("list", "AttrValue.ListValue"),
               &ValueField::number_in_list, attribute);
  }
}

NodeAttribute read_entry(MessageReader in, std::string_view file) {
  MapEntry entry = read_map_entry(std::move(in));
  NodeAttribute attribute;
  attribute.name = entry.key;
  read_value(MessageReader(entry.value, file, "AttrValue"), &attribute);
  return attribute;
}

}  // namespace

std::vector<NodeAttribute> node_attributes(std::string_view node,
                                           std::string_view file) {
  std::vector<NodeAttribute> attributes;
  MessageReader in(node, file, "NodeDef");
  while (in.next()) {
    if (in.field() != node_def::kAttr) continue;
    NodeAttribute attribute =
        read_entry(in.message("attr", "NodeDef.AttrEntry"), file);
    add_attribute(std::move(attribute), in, &attributes);
  }
  return attributes;
}

}  // namespace tsinspect::tensorflow
