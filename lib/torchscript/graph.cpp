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

// Only calls do anything to be known of.
bool has_call(const Tree& tree, NodeId node) {
  return tree.kind(node) == NodeKind::kCall ||
         std::ranges::any_of(tree.children(node), [&](NodeId child) {
           return has_call(tree, child);
         });
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
    : library_(*model.source),
      limits_(limits),
      members_(std::make_unique<Members>()),
      constant_types_(constant_types(model, &types_)) {
  for (const Library::Source& source : library_.sources()) {
    std::unordered_set<NodeId> methods;
    for (const ClassInfo& info : source.classes) {
      for (const auto* list : {&info.methods, &info.hooks}) {
        for (const MethodInfo& method : *list) {
          methods.insert(method.node);
          add(source, &info, method.node);
        }
      }
      add_class(source, info);
    }
    for (NodeId id : source.tree.children(source.tree.root)) {
      bool is_function = source.tree.kind(id) == NodeKind::kFunction;
      if (is_function && !methods.contains(id)) add(source, nullptr, id);
    }
  }
}

// What computes the constants of a class.
void Program::add_class(const Library::Source& source, const ClassInfo& info) {
  const Tree& tree = source.tree;
  if (tree.kind(info.node) != NodeKind::kClass) return;
  for (NodeId id : tree.children(as_class(tree, info.node).body)) {
    if (tree.kind(id) != NodeKind::kAssign) continue;
    add_default(source, info.name, as_assign(tree, id).value);
  }
}

void Program::add(const Library::Source& source, const ClassInfo* owner,
                  NodeId node) {
  const Tree& tree = source.tree;
  Function parts = as_function(tree, node);
  std::string name = owner != nullptr ? owner->name : source.prefix;
  name += '.';
  name += tree.text(parts.name);
  for (NodeId parameter : tree.children(parts.parameters)) {
    add_default(source, name, as_parameter(tree, parameter).value);
  }
  if (owner != nullptr && (owner->kind == ClassKind::kInterface ||
                           owner->kind == ClassKind::kModuleInterface)) {
    return;  // Has no bodies.
  }
  FunctionGraph* graph = read(source, std::move(name), parts.body);
  if (graph == nullptr) return;
  graph->owner = owner;
  graph->function = node;
  lower(graph);
  by_name_.try_emplace(graph->name, graph);
}

void Program::add_default(const Library::Source& source, std::string_view name,
                          NodeId value) {
  if (!has_call(source.tree, value)) return;
  FunctionGraph* graph = read(source, std::string(name), value);
  if (graph == nullptr) return;
  graph->is_default = true;
  lower(graph);
}

// Null for what cannot be read.
FunctionGraph* Program::read(const Library::Source& source, std::string name,
                             NodeId body) {
  const Tree& tree = source.tree;
  try {
    Tree statements = parse_body(tree.source, tree.range(body), limits_);
    FunctionGraph& graph = functions_.emplace_back();
    graph.name = std::move(name);
    graph.source = &source;
    graph.body = std::move(statements);
    return &graph;
  } catch (const Error& error) {
    findings_.push_back({"unreadable-source", Severity::kWarning,
                         printable(name), error.what()});
    return nullptr;
  }
}

void Program::lower(FunctionGraph* graph) {
  LowerContext context = {library_,       &types_,         &operators_,
                          members_.get(), constant_types_, &names_};
  Lowering(context, graph).run();
}

Program::~Program() = default;

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
