#include "torchscript/graph.h"

#include <algorithm>

#include "base/printable.h"
#include "torchscript/lower.h"
#include "torchscript/parser.h"

namespace tsinspect::torchscript {
namespace {

// Of CONSTANTS.cN: tensors, objects of classes, and what else.
std::vector<TypeId> constant_types(const Model& model, TypeTable* types) {
  std::vector<TypeId> result;
  for (ObjectRef value : model.objects.items(model.constants)) {
    std::string_view name = model.objects.global_name(value);
    bool is_tensor = name.starts_with("torch._utils._rebuild");
    result.push_back(is_tensor      ? type_id(TypeKind::kTensor)
                     : name.empty() ? type_id(TypeKind::kUnknown)
                                    : types->parse(name));
  }
  return result;
}

}  // namespace

std::string_view FunctionGraph::argument_name(const Operation& operation,
                                              size_t i) const {
  const OperationInput& input = inputs[operation.first_input + i];
  if (!input.keyword.empty()) return input.keyword;
  const Operator* op =
      operation.op != nullptr ? operation.op : operation.first_overload;
  if (op == nullptr) return {};
  const auto& arguments = op->arguments;
  return i < arguments.size() ? arguments[i].name : std::string_view();
}

Program::Program(const Model& model, const Limits& limits)
    : library_(*model.source), constant_types_(constant_types(model, &types_)) {
  for (const Library::Source& source : library_.sources()) {
    std::unordered_set<NodeId> methods;
    for (const ClassInfo& info : source.classes) {
      for (const auto* list : {&info.methods, &info.hooks}) {
        for (const MethodInfo& method : *list) {
          methods.insert(method.node);
          add(source, &info, method.node, limits);
        }
      }
    }
    for (NodeId id : source.tree.children(source.tree.root)) {
      bool is_function = source.tree.kind(id) == NodeKind::kFunction;
      if (is_function && !methods.contains(id)) {
        add(source, nullptr, id, limits);
      }
    }
  }
}

void Program::add(const Library::Source& source, const ClassInfo* owner,
                  NodeId node, const Limits& limits) {
  if (owner != nullptr && (owner->kind == ClassKind::kInterface ||
                           owner->kind == ClassKind::kModuleInterface)) {
    return;  // Has no bodies.
  }
  Function parts = as_function(source.tree, node);
  FunctionGraph& graph = functions_.emplace_back();
  graph.name = owner != nullptr ? owner->name : source.prefix;
  graph.name += '.';
  graph.name += source.tree.text(parts.name);
  graph.source = &source;
  graph.owner = owner;
  graph.function = node;
  try {
    graph.body =
        parse_body(source.tree.source, source.tree.range(parts.body), limits);
  } catch (const Error& error) {
    findings_.push_back({"unreadable-source", Severity::kWarning,
                         printable(graph.name), error.what()});
    functions_.pop_back();
    return;
  }
  LowerContext context = {library_, &types_, &operators_, constant_types_,
                          &names_};
  Lowering(context, &graph).run();
  by_name_.try_emplace(graph.name, &graph);
}

const FunctionGraph* Program::find(std::string_view name) const {
  auto entry = by_name_.find(name);
  return entry == by_name_.end() ? nullptr : entry->second;
}

const FunctionGraph* Program::callee(const FunctionGraph& function,
                                     const Operation& operation) const {
  if (operation.kind == OperationKind::kCallFunction) {
    return find(operation.name);
  }
  if (operation.kind != OperationKind::kCallMethod) return nullptr;
  OperationId object = function.inputs_of(operation)[0].value;
  return find(types_[function[object].type].text + '.' +
              std::string(operation.name));
}

}  // namespace tsinspect::torchscript
