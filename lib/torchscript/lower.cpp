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
  std::string_view tensor_name;  // In place; empty if there is none.
};
constexpr std::array kAugmented = {
    AugmentedOperator{TokenKind::kPlusAssign, "aten::add", "aten::add_"},
    AugmentedOperator{TokenKind::kMinusAssign, "aten::sub", "aten::sub_"},
    AugmentedOperator{TokenKind::kStarAssign, "aten::mul", "aten::mul_"},
    AugmentedOperator{TokenKind::kSlashAssign, "aten::div", "aten::div_"},
    AugmentedOperator{TokenKind::kPercentAssign, "aten::remainder", ""},
    AugmentedOperator{TokenKind::kPowerAssign, "aten::pow", ""},
    AugmentedOperator{TokenKind::kFloorDivAssign, "aten::floordiv", ""},
    AugmentedOperator{TokenKind::kAtAssign, "aten::matmul", ""},
    AugmentedOperator{TokenKind::kAndAssign, "aten::__and__", ""},
    AugmentedOperator{TokenKind::kOrAssign, "aten::__or__", ""},
    AugmentedOperator{TokenKind::kXorAssign, "aten::__xor__", ""},
    AugmentedOperator{TokenKind::kShiftLeftAssign, "aten::__lshift__", ""},
    AugmentedOperator{TokenKind::kShiftRightAssign, "aten::__rshift__", ""},
};

// Names of the language that reach LibTorch's operators. A variable of that
// name that is defined on some ways only does not hide them behind the branch,
// so that only parameters are taken for variables.
constexpr std::array kLanguage = {
    std::string_view("torch"),     std::string_view("ops"),
    std::string_view("CONSTANTS"), std::string_view("__torch__"),
    std::string_view("fork"),      std::string_view("awaitable"),
    std::string_view("getattr"),   std::string_view("rpc_sync"),
    std::string_view("rpc_async"), std::string_view("rpc_remote"),
};

}  // namespace

const Members::Entry& Members::of(const ClassInfo& info) {
  auto [row, is_new] = entries_.try_emplace(&info);
  Entry& entry = row->second;
  if (!is_new) return entry;
  for (const AttributeInfo& attribute : info.attributes) {
    entry.attributes.try_emplace(attribute.name, &attribute);
  }
  for (const auto* list : {&info.methods, &info.hooks}) {
    for (const MethodInfo& method : *list) {
      entry.methods.try_emplace(method.name, &method);
    }
  }
  return entry;
}

const AttributeInfo* Members::attribute(const ClassInfo& info,
                                        std::string_view name) {
  const auto& all = of(info).attributes;
  auto found = all.find(name);
  return found == all.end() ? nullptr : found->second;
}

const MethodInfo* Members::method(const ClassInfo& info,
                                  std::string_view name) {
  const auto& all = of(info).methods;
  auto found = all.find(name);
  return found == all.end() ? nullptr : found->second;
}

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

bool Lowering::is_variable(std::string_view name) const {
  auto entry = variables_.find(name);
  if (entry == variables_.end()) return false;
  if (std::ranges::find(kLanguage, name) == kLanguage.end()) return true;
  const Operation& value = graph_[entry->second];
  return value.kind == OperationKind::kParameter && value.name == name;
}

void Lowering::bind(std::string_view variable, OperationId value) {
  auto [entry, is_new] = variables_.try_emplace(variable, value);
  log_.push_back({variable, std::nullopt});
  if (!is_new) log_.back().before = std::exchange(entry->second, value);
  if (value == kNoOperation) return;
  std::string_view& first = graph_.operations[value].variable;
  if (first.empty()) first = variable;
}

Lowering::Assigned Lowering::undo(size_t mark) {
  Assigned assigned;
  std::unordered_set<std::string_view> seen;
  while (log_.size() > mark) {
    auto [variable, before] = log_.back();
    log_.pop_back();
    auto entry = variables_.find(variable);
    if (seen.insert(variable).second) {
      assigned.push_back({variable, entry->second});
    }
    if (before) {
      entry->second = *before;
    } else {
      variables_.erase(entry);
    }
  }
  std::ranges::reverse(assigned);
  return assigned;
}

// Each variable is what one of the branches assigned, or what it was before.
void Lowering::join(NodeId node, std::span<const Assigned> branches) {
  struct Variable {
    std::string_view name;
    std::vector<OperationId> values;  // One a branch that assigned it.
  };
  std::vector<Variable> variables;
  std::unordered_map<std::string_view, size_t> rows;
  for (const Assigned& branch : branches) {
    for (auto [name, value] : branch) {
      auto [row, is_new] = rows.try_emplace(name, variables.size());
      if (is_new) variables.push_back({name, {}});
      variables[row->second].values.push_back(value);
    }
  }
  for (Variable& variable : variables) {
    OperationId before = find(variable.name);
    bool in_all = variable.values.size() == branches.size();
    if (!in_all && before != kNoOperation) variable.values.push_back(before);
    bind(variable.name, join_values(node, std::move(variable.values)));
  }
}

// One of these values, which need not differ.
OperationId Lowering::join_values(NodeId node,
                                  std::vector<OperationId> values) {
  std::vector<OperationId> distinct;
  auto is_covered = [&](OperationId value) {
    return std::ranges::any_of(distinct, [&](OperationId other) {
      if (other == value) return true;
      if (graph_[other].kind != OperationKind::kJoin) return false;
      auto inputs = graph_.inputs_of(graph_[other]);
      return std::ranges::find(inputs, value, &OperationInput::value) !=
             inputs.end();
    });
  };
  for (OperationId value : values) {
    if (!is_covered(value)) distinct.push_back(value);
  }
  if (distinct.size() == 1) return distinct[0];
  Operation operation;
  operation.kind = OperationKind::kJoin;
  operation.node = node;
  operation.type = type(distinct[0]);
  Inputs inputs;
  for (OperationId value : distinct) {
    operation.type = types_.join(operation.type, type(value));
    inputs.push_back({{}, value});
  }
  return emit(operation, inputs);
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
      Row{NodeKind::kFunction, &Lowering::nested_function},
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
    value = declare(id, value, types_.parse(tree_.text(parts.annotation)));
  }
  store(parts.target, value);
}

// The value, seen as of the type that its variable is declared with.
OperationId Lowering::declare(NodeId id, OperationId value, TypeId declared) {
  if (declared == type_id(TypeKind::kUnknown) || declared == type(value)) {
    return value;
  }
  Operation operation;
  operation.kind = OperationKind::kCast;
  operation.node = id;
  operation.name = "annotate";
  operation.type = declared;
  return emit(operation, {{{}, value}});
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
  auto row =
      std::ranges::find(kAugmented, tree_[id].op, &AugmentedOperator::token);
  if (row == kAugmented.end()) return;
  bool in_place = kind(left) == TypeKind::kTensor && !row->tensor_name.empty();
  store(target, emit_operator(id, in_place ? row->tensor_name : row->name,
                              {{{}, left}, {{}, right}}));
}

// The bool that decides a branch.
void Lowering::condition(NodeId id) {
  OperationId value = expression(id);
  if (std::ranges::find(kConditions, kind(value)) != kConditions.end()) {
    emit_operator(id, "aten::Bool", {{{}, value}});
  }
}

// A chain of `elif` is one choice of many: a variable that each branch assigns
// is joined once, not once for each of the branches behind it.
void Lowering::if_statement(NodeId id) {
  std::vector<Assigned> branches;
  size_t mark = log_.size();
  for (NodeId next = id; next != kNoNode;) {
    condition(tree_.child(next, 0));
    named_control(next, "prim::If");
    block(tree_.child(next, 1));
    branches.push_back(undo(mark));
    NodeId otherwise = tree_.child(next, 2);
    next = kNoNode;
    if (tree_[otherwise].op == TokenKind::kElif) {
      next = tree_.child(otherwise, 0);
    } else {
      block(otherwise);
      branches.push_back(undo(mark));
    }
  }
  join(id, branches);
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
  if (kind(value) == TypeKind::kTuple) return any_item(node, value);
  emit_operator(iterable, "aten::len", {{{}, value}});
  OperationId index = named(node, "", type_id(TypeKind::kInt));
  return emit_operator(iterable, "aten::__getitem__",
                       {{{}, value}, {{}, index}});
}

// Each item of a tuple in turn: any of them. A loop over a tuple is unrolled
// when it is compiled.
OperationId Lowering::any_item(NodeId node, OperationId tuple) {
  Operation operation;
  operation.kind = OperationKind::kCast;
  operation.node = node;
  operation.name = "items";
  const auto& items = types_[type(tuple)].arguments;
  bool all_equal =
      std::ranges::adjacent_find(items, std::not_equal_to<>()) == items.end();
  if (all_equal && !items.empty()) operation.type = items[0];
  return emit(operation, {{{}, tuple}});
}

void Lowering::for_statement(NodeId id) {
  named_control(id, "prim::Loop");
  size_t mark = log_.size();
  store(tree_.child(id, 0), element_of(tree_.child(id, 0), tree_.child(id, 1)));
  block(tree_.child(id, 2));
  join(id, std::vector<Assigned>{undo(mark), {}});
}

void Lowering::while_statement(NodeId id) {
  named_control(id, "prim::Loop");
  condition(tree_.child(id, 0));
  size_t mark = log_.size();
  block(tree_.child(id, 1));
  join(id, std::vector<Assigned>{undo(mark), {}});
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
  OperationId value = expression(tree_.child(id, 0));
  if (returned_) {
    returned_ = value;
    return;
  }
  Operation operation;
  operation.kind = OperationKind::kReturn;
  operation.node = id;
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

// A function that a fork runs. What it does is done where it stands.
void Lowering::nested_function(NodeId id) {
  Function parts = as_function(tree_, id);
  for (NodeId parameter : tree_.children(parts.parameters)) {
    expression(as_parameter(tree_, parameter).value);
  }
  size_t mark = log_.size();
  auto outer = std::exchange(returned_, kNoOperation);
  block(parts.body);
  undo(mark);
  closures_[tree_.text(parts.name)] = *std::exchange(returned_, outer);
}

}  // namespace tsinspect::torchscript
