#include "libtorch/graph_calls.h"

#include <algorithm>

namespace tsinspect {

using torch::jit::GraphFunction;
using torch::jit::Node;
using torch::jit::Value;
namespace prim = c10::prim;

bool is_module_type(const c10::TypePtr& type) {
  if (auto class_type = type->cast<c10::ClassType>()) {
    return class_type->is_module();
  }
  auto interface = type->cast<c10::InterfaceType>();
  return interface && interface->is_module();
}

GraphFunction* graph_function(torch::jit::Function* function) {
  if (function == nullptr) return nullptr;
  function->ensure_defined();
  return torch::jit::tryToGraphFunction(*function);
}

torch::jit::Function* called_function(const Node& call) {
  auto type = call.input(0)->type()->cast<c10::FunctionType>();
  return type ? type->function() : nullptr;
}

bool is_compiled_hook(const Node& node, const Value* object,
                      const Value* output) {
  if (node.kind() != prim::CallFunction || node.inputs().size() != 4) {
    return false;
  }
  auto type = object->type()->cast<c10::ClassType>();
  torch::jit::Function* function = called_function(node);
  if (!type || !function || node.input(1) != object ||
      node.input(3) != output) {
    return false;
  }
  const auto& hooks = type->getForwardHooks();
  return std::any_of(hooks.begin(), hooks.end(), [&](auto* hook) {
    return hook->name() == function->name();
  });
}

Node* last_compiled_hook(Node* call) {
  Node* last = call;
  for (Node* node = call->next(); node->kind() != prim::Return;
       node = node->next()) {
    if (is_compiled_hook(*node, call->input(0), last->output())) last = node;
  }
  return last;
}

std::string called_method(const c10::ClassType* type, const std::string& name) {
  constexpr std::string_view kForward = "forward";
  if (name.size() <= kForward.size() || !name.starts_with(kForward) ||
      type == nullptr) {
    return name;
  }
  std::string digits = name.substr(kForward.size());
  // Overloads, as an LSTM's and a GRU's for packed sequences, are forward__0, …
  if (digits.starts_with("__") && digits.size() > 2 &&
      digits.find_first_not_of("0123456789", 2) == std::string::npos) {
    return std::string(kForward);
  }
  // So are those of quantised ones, which have no other forward.
  if ((digits == "_tensor" || digits == "_packed") &&
      type->findMethod("forward") == nullptr) {
    return std::string(kForward);
  }
  // Tracing numbers them without a gap.
  for (int i = 1; type->findMethod("forward" + std::to_string(i)); ++i) {
    if (digits == std::to_string(i)) return std::string(kForward);
  }
  return name;
}

bool holds_tensors(const c10::TypePtr& type) {
  if (type->isSubtypeOf(*c10::TensorType::get())) {
    return type->kind() == c10::TypeKind::TensorType;
  }
  auto contained = type->containedTypes();
  return std::any_of(contained.begin(), contained.end(), holds_tensors);
}

bool puts_out_tensors(const Node& node) {
  return node.blocks().empty() &&
         std::any_of(node.outputs().begin(), node.outputs().end(),
                     [](const Value* v) { return holds_tensors(v->type()); });
}

c10::IValue object_at(const c10::IValue& self, const Value* value) {
  if (value == value->owningGraph()->inputs()[0]) return self;
  const Node* node = value->node();
  if (node->kind() != prim::GetAttr) return {};
  c10::IValue object = object_at(self, node->input());
  if (!object.isObject()) return {};
  return object.toObjectRef().getAttr(node->s(c10::attr::name));
}

}  // namespace tsinspect
