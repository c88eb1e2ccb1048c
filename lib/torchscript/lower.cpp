#include "torchscript/lower.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace tsinspect::torchscript {
namespace {

// What a condition that is no bool becomes one by.
constexpr std::array kConditions = {TypeKind::kTensor, TypeKind::kInt,
                                    TypeKind::kFloat};

struct AugmentedOperator {
  TokenKind token;
  std::string_view name;         // Of numbers and lists.
  std::string_view tensor_name;  // In place.
};
constexpr std::array kAugmented = {
    AugmentedOperator{TokenKind::kPlusAssign, "aten::add", "aten::add_"},
    AugmentedOperator{TokenKind::kMinusAssign, "aten::sub", "aten::sub_"},
    AugmentedOperator{TokenKind::kStarAssign, "aten::mul", "aten::mul_"},
    AugmentedOperator{TokenKind::kSlashAssign, "aten::div", "aten::div_"},
};

}  // namespace

Lowering::Lowering(const LowerContext& context, FunctionGraph* graph)
    : context_(context),
      types_(*context.types),
      graph_(*graph),
      tree_(graph->body) {}

void Lowering::run() {
  parameters();
  block(tree_.root);
}

void Lowering::parameters() {
  const Tree& tree = graph_.source->tree;
  Function parts = as_function(tree, graph_.function);
  for (NodeId id : tree.children(parts.parameters)) {
    if (tree.kind(id) != NodeKind::kParameter) continue;
    Parameter parameter = as_parameter(tree, id);
    Operation operation;
    operation.kind = OperationKind::kParameter;
    operation.index = static_cast<uint32_t>(graph_.parameters.size());
    operation.name = tree.text(parameter.name);
    if (parameter.annotation != kNoNode) {
      operation.type = types_.parse(tree.text(parameter.annotation));
    } else if (graph_.parameters.empty() && graph_.owner != nullptr) {
      operation.type = types_.parse(graph_.owner->name);
    } else {
      operation.type = type_id(TypeKind::kTensor);
    }
    graph_.parameters.push_back(operation.name);
    bind(operation.name, emit(operation));
  }
}

OperationId Lowering::emit(Operation operation, const Inputs& inputs) {
  operation.first_input = static_cast<uint32_t>(graph_.inputs.size());
  operation.input_count = static_cast<uint32_t>(inputs.size());
  graph_.inputs.insert(graph_.inputs.end(), inputs.begin(), inputs.end());
  graph_.operations.push_back(operation);
  return static_cast<OperationId>(graph_.operations.size() - 1);
}

std::string_view Lowering::own(std::string text) {
  return *context_.names->insert(std::move(text)).first;
}

OperationId Lowering::find(std::string_view variable) const {
  auto entry = variables_.find(variable);
  return entry == variables_.end() ? kNoOperation : entry->second;
}

void Lowering::bind(std::string_view variable, OperationId value) {
  OperationId& place = variables_[variable];
  log_.push_back({variable, place});
  place = value;
  std::string_view& first = graph_.operations[value].variable;
  if (first.empty()) first = variable;
}

Lowering::Assigned Lowering::undo(size_t mark) {
  Assigned assigned;
  std::unordered_set<std::string_view> seen;
  while (log_.size() > mark) {
    auto [variable, before] = log_.back();
    log_.pop_back();
    OperationId& place = variables_[variable];
    if (seen.insert(variable).second) assigned.push_back({variable, place});
    place = before;
  }
  std::ranges::reverse(assigned);
  return assigned;
}

// After two branches, each variable is what one of them assigned, or else what
// it was before.
void Lowering::join(NodeId node, const Assigned& a, const Assigned& b) {
  std::unordered_map<std::string_view, OperationId> others(b.begin(), b.end());
  auto add = [&](std::string_view variable, OperationId one,
                 OperationId other) {
    if (other == kNoOperation || one == other) return bind(variable, one);
    Operation operation;
    operation.kind = OperationKind::kJoin;
    operation.node = node;
    operation.type = types_.join(type(one), type(other));
    bind(variable, emit(operation, {{{}, one}, {{}, other}}));
  };
  for (auto [variable, value] : a) {
    auto other = others.find(variable);
    bool in_both = other != others.end();
    add(variable, value, in_both ? other->second : find(variable));
    if (in_both) others.erase(other);
  }
  for (auto [variable, value] : b) {
    if (others.contains(variable)) add(variable, value, find(variable));
  }
}

void Lowering::block(NodeId id) {
  for (NodeId child : tree_.children(id)) statement(child);
}

void Lowering::statement(NodeId id) {
  struct Row {
    NodeKind kind;
    void (Lowering::*lower)(NodeId);
  };
  static constexpr std::array kRows = {
      Row{NodeKind::kAssign, &Lowering::assign},
      Row{NodeKind::kAugmentedAssign, &Lowering::augmented_assign},
      Row{NodeKind::kIf, &Lowering::if_statement},
      Row{NodeKind::kFor, &Lowering::for_statement},
      Row{NodeKind::kWhile, &Lowering::while_statement},
      Row{NodeKind::kWith, &Lowering::with_statement},
      Row{NodeKind::kReturn, &Lowering::return_statement},
      Row{NodeKind::kRaise, &Lowering::raise_statement},
      Row{NodeKind::kAssert, &Lowering::assert_statement},
      Row{NodeKind::kDelete, &Lowering::delete_statement},
  };
  if (tree_.kind(id) == NodeKind::kExpressionStatement) {
    expression(tree_.child(id, 0));
    return;
  }
  for (const Row& row : kRows) {
    if (row.kind == tree_.kind(id)) return (this->*row.lower)(id);
  }
}

void Lowering::assign(NodeId id) {
  Assign parts = as_assign(tree_, id);
  if (parts.value == kNoNode) return;
  OperationId value = expression(parts.value);
  if (parts.annotation != kNoNode) {
    Operation& operation = graph_.operations[value];
    TypeId declared = types_.parse(tree_.text(parts.annotation));
    if (value != kNoOperation && declared != type_id(TypeKind::kUnknown)) {
      operation.type = declared;
    }
  }
  store(parts.target, value);
}

// The operator that takes a tuple apart; none for one that was just made, or is
// several results of an operator.
std::string_view Lowering::unpack_name(OperationId tuple) const {
  OperationKind kind = graph_[tuple].kind;
  bool is_there =
      kind == OperationKind::kConstruct || kind == OperationKind::kOperator;
  return is_there ? "" : "prim::TupleUnpack";
}

void Lowering::store(NodeId target, OperationId value) {
  switch (tree_.kind(target)) {
    case NodeKind::kName:
      return bind(tree_.text(target), value);
    case NodeKind::kTuple:
    case NodeKind::kList: {
      // Before anything is added: the type may be a list's.
      TypeId whole = type(value);
      bool is_tuple = types_.kind(whole) == TypeKind::kTuple;
      std::string_view name = is_tuple ? unpack_name(value) : "";
      uint32_t index = 0;
      for (NodeId item : tree_.children(target)) {
        Operation operation;
        operation.kind = OperationKind::kUnpack;
        operation.node = item;
        operation.index = index;
        operation.type = types_.argument(whole, is_tuple ? index : 0);
        if (index++ == 0) operation.name = name;
        store(item, emit(operation, {{{}, value}}));
      }
      return;
    }
    case NodeKind::kAttribute: {
      OperationId object = expression(tree_.child(target, 0));
      Operation operation;
      operation.kind = OperationKind::kSetAttribute;
      operation.node = target;
      operation.name = tree_.text(tree_.child(target, 1));
      emit(operation, {{{}, object}, {{}, value}});
      return;
    }
    case NodeKind::kSubscript: {
      OperationId object = expression(tree_.child(target, 0));
      OperationId index = expression(tree_.child(target, 1));
      bool is_tensor = kind(object) == TypeKind::kTensor;
      if (is_tensor) {
        emit_operator(target, "aten::copy_", {{{}, object}, {{}, value}});
      } else {
        emit_operator(target, "aten::_set_item",
                      {{{}, object}, {{}, index}, {{}, value}});
      }
      return;
    }
    default:
      return;
  }
}

void Lowering::augmented_assign(NodeId id) {
  NodeId target = tree_.child(id, 0);
  OperationId left = expression(target);
  OperationId right = expression(tree_.child(id, 1));
  for (const AugmentedOperator& row : kAugmented) {
    if (row.token != tree_[id].op) continue;
    bool in_place = kind(left) == TypeKind::kTensor;
    store(target, emit_operator(id, in_place ? row.tensor_name : row.name,
                                {{{}, left}, {{}, right}}));
  }
}

// The bool that decides a branch.
void Lowering::condition(NodeId id) {
  OperationId value = expression(id);
  if (std::ranges::find(kConditions, kind(value)) != kConditions.end()) {
    emit_operator(id, "aten::Bool", {{{}, value}});
  }
}

void Lowering::if_statement(NodeId id) {
  condition(tree_.child(id, 0));
  named_control(id, "prim::If");
  size_t mark = log_.size();
  block(tree_.child(id, 1));
  Assigned then = undo(mark);
  block(tree_.child(id, 2));
  Assigned otherwise = undo(mark);
  join(id, then, otherwise);
}

// An element of what a `for` or a comprehension goes through, or an index.
OperationId Lowering::element_of(NodeId node, NodeId iterable) {
  bool is_range = tree_.kind(iterable) == NodeKind::kCall &&
                  tree_.text(tree_.child(iterable, 0)) == "range";
  if (is_range) {
    Inputs bounds = arguments(iterable);
    if (bounds.size() > 1) {
      emit_operator(iterable, "aten::__range_length",
                    {bounds[0], bounds[1], bounds.back()});
      return emit_operator(iterable, "aten::__derive_index",
                           {bounds[0], bounds[0], bounds.back()});
    }
    return named(node, "", type_id(TypeKind::kInt));
  }
  OperationId value = expression(iterable);
  if (kind(value) == TypeKind::kTuple) {  // Unrolled when it was compiled.
    Operation operation;
    operation.kind = OperationKind::kUnpack;
    operation.node = node;
    operation.type = types_.argument(type(value));
    return emit(operation, {{{}, value}});
  }
  emit_operator(iterable, "aten::len", {{{}, value}});
  OperationId index = named(node, "", type_id(TypeKind::kInt));
  return emit_operator(iterable, "aten::__getitem__",
                       {{{}, value}, {{}, index}});
}

void Lowering::for_statement(NodeId id) {
  named_control(id, "prim::Loop");
  size_t mark = log_.size();
  store(tree_.child(id, 0), element_of(tree_.child(id, 0), tree_.child(id, 1)));
  block(tree_.child(id, 2));
  join(id, undo(mark), {});
}

void Lowering::while_statement(NodeId id) {
  named_control(id, "prim::Loop");
  condition(tree_.child(id, 0));
  size_t mark = log_.size();
  block(tree_.child(id, 1));
  join(id, undo(mark), {});
}

void Lowering::with_statement(NodeId id) {
  for (NodeId child : tree_.children(id)) {
    if (tree_.kind(child) != NodeKind::kWithItem) {
      block(child);
      continue;
    }
    OperationId value = expression(tree_.child(child, 0));
    named_control(child, "prim::Enter");
    store(tree_.child(child, 1), value);
  }
  named_control(id, "prim::Exit");
}

void Lowering::return_statement(NodeId id) {
  Operation operation;
  operation.kind = OperationKind::kReturn;
  operation.node = id;
  OperationId value = expression(tree_.child(id, 0));
  operation.type = type(value);
  emit(operation, {{{}, value}});
}

void Lowering::raise_statement(NodeId id) {
  emit_operator(id, "prim::RaiseException",
                {{{}, expression(tree_.child(id, 0))}});
}

void Lowering::assert_statement(NodeId id) {
  condition(tree_.child(id, 0));
  named_control(id, "prim::If");
  emit_operator(id, "prim::RaiseException",
                {{{}, expression(tree_.child(id, 1))}});
}

void Lowering::delete_statement(NodeId id) {
  for (NodeId target : tree_.children(id)) {
    if (tree_.kind(target) != NodeKind::kSubscript) continue;
    OperationId object = expression(tree_.child(target, 0));
    OperationId index = expression(tree_.child(target, 1));
    emit_operator(target, "aten::Delete", {{{}, object}, {{}, index}});
  }
}

}  // namespace tsinspect::torchscript
