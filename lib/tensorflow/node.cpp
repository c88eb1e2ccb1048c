#include "tensorflow/node.h"

#include "tensorflow/fields.h"
#include "tensorflow/map_entry.h"

namespace tsinspect::tensorflow {

void read_node(MessageReader in, Budget* budget, Node* node) {
  node->message = in.text();
  node->name = {};
  node->op = {};
  node->inputs.clear();
  while (in.next()) {
    switch (in.field()) {
      case node_def::kName:
        node->name = in.bytes("name");
        break;
      case node_def::kOp:
        node->op = in.bytes("op");
        break;
      case node_def::kInput:
        budget->charge(sizeof(std::string_view));
        node->inputs.push_back(in.bytes("input"));
        break;
      default:
        break;
    }
  }
}

std::string_view find_attribute(std::string_view node, std::string_view text,
                                std::string_view key) {
  std::string_view found;
  MessageReader in(node, text, "NodeDef");
  while (in.next()) {
    if (in.field() != node_def::kAttr) continue;
    MapEntry entry = read_map_entry(in.message("attr", "NodeDef.AttrEntry"));
    if (entry.key == key) found = entry.value;
  }
  return found;
}

std::string_view tensor_of(std::string_view attribute, std::string_view text) {
  std::string_view tensor;
  MessageReader in(attribute, text, "AttrValue");
  while (in.next()) {
    if (in.field() == attr_value::kTensor) tensor = in.bytes("tensor");
  }
  return tensor;
}

int64_t type_of(std::string_view attribute, std::string_view text) {
  int64_t type = 0;
  if (attribute.data() == nullptr) return type;
  MessageReader in(attribute, text, "AttrValue");
  while (in.next()) {
    if (in.field() == attr_value::kType) type = in.integer("type");
  }
  return type;
}

Shape shape_of(std::string_view attribute, std::string_view text) {
  Shape shape;
  if (attribute.data() == nullptr) return shape;
  MessageReader in(attribute, text, "AttrValue");
  while (in.next()) {
    if (in.field() == attr_value::kShape) {
      shape = read_shape(in.message("shape", "TensorShapeProto"));
    }
  }
  return shape;
}

}  // namespace tsinspect::tensorflow
