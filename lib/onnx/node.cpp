#include "onnx/node.h"

#include <algorithm>

#include "onnx/fields.h"

namespace tsinspect::onnx {
namespace {

// A list that grows takes its old memory and twice as much.
void add(std::string_view name, Budget* budget,
         std::vector<std::string_view>* names) {
  if (names->size() == names->capacity()) {
    budget->charge(3 * sizeof name * names->size());
  }
  names->push_back(name);
}

}  // namespace

std::string_view Node::label() const {
  auto output = std::ranges::find_if(
      outputs, [](std::string_view name) { return !name.empty(); });
  if (output != outputs.end()) return *output;
  return name.empty() ? op_type : name;
}

bool Node::is(std::string_view op) const {
  return op_type == op && (domain.empty() || domain == "ai.onnx");
}

void read_node(MessageReader in, Budget* budget, Node* node) {
  using namespace node_proto;
  node->message = in.text();
  node->name = node->op_type = node->domain = {};
  node->inputs.clear();
  node->outputs.clear();
  while (in.next()) {
    switch (in.field()) {
      case kInput:
        add(in.bytes("input"), budget, &node->inputs);
        break;
      case kOutput:
        add(in.bytes("output"), budget, &node->outputs);
        break;
      case kName:
        node->name = in.bytes("name");
        break;
      case kOpType:
        node->op_type = in.bytes("op_type");
        break;
      case kDomain:
        node->domain = in.bytes("domain");
        break;
    }
  }
}

}  // namespace tsinspect::onnx
