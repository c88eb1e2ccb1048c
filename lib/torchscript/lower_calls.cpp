#include <algorithm>
#include <array>

#include "torchscript/lower.h"

namespace tsinspect::torchscript {
namespace {

constexpr std::string_view kTorch = "torch.";
constexpr std::string_view kOps = "ops.";

// Names that python_print.cpp gives operators which would clash with modules.
struct Renamed {
  std::string_view text;
  std::string_view name;
};
constexpr std::array kRenamed = {
    Renamed{"torch.autograd.backward", "aten::backward"},
    Renamed{"torch.autograd.grad", "aten::grad"},
};

// "aten::add" of "torch.add", "ns::name" of "ops.ns.name"; empty for what is no
// operator.
std::string operator_name(std::string_view text) {
  for (const Renamed& row : kRenamed) {
    if (row.text == text) return std::string(row.name);
  }
  if (text.starts_with(kTorch)) {
    text.remove_prefix(kTorch.size());
    if (text.find('.') != text.npos) return {};
    return "aten::" + std::string(text);
  }
  if (!text.starts_with(kOps)) return {};
  text.remove_prefix(kOps.size());
  size_t dot = text.find('.');
  if (dot == text.npos) return {};
  return std::string(text.substr(0, dot)) +
         "::" + std::string(text.substr(dot + 1));
}

// Functions of the language that stand for an operator, or a conversion.
struct Conversion {
  std::string_view name;
  std::string_view op;
  TypeKind to;
};
constexpr std::array kConversions = {
    Conversion{"int", "aten::Int", TypeKind::kInt},
    Conversion{"float", "aten::Float", TypeKind::kFloat},
    Conversion{"bool", "aten::Bool", TypeKind::kBool},
    Conversion{"complex", "aten::Complex", TypeKind::kComplex},
    Conversion{"str", "aten::str", TypeKind::kString},
};

struct Builtin {
  std::string_view name;
  std::string_view op;
};
constexpr std::array kBuiltins = {
    Builtin{"len", "aten::len"},
    Builtin{"abs", "prim::abs"},
    Builtin{"min", "prim::min"},
    Builtin{"max", "prim::max"},
    Builtin{"print", "prim::Print"},
    Builtin{"list", "aten::list"},
    Builtin{"dict", "aten::dict"},
    Builtin{"sorted", "aten::sorted"},
    Builtin{"ord", "aten::ord"},
    Builtin{"chr", "aten::chr"},
    Builtin{"round", "aten::round"},
    Builtin{"rpc_sync", "prim::rpc_sync"},
    Builtin{"rpc_async", "prim::rpc_async"},
    Builtin{"rpc_remote", "prim::rpc_remote"},
};

// What annotate() turns a tensor into.
struct Implicit {
  TypeKind to;
  std::string_view op;
};
constexpr std::array kImplicit = {
    Implicit{TypeKind::kInt, "aten::IntImplicit"},
    Implicit{TypeKind::kFloat, "aten::FloatImplicit"},
    Implicit{TypeKind::kComplex, "aten::ComplexImplicit"},
    Implicit{TypeKind::kNumber, "aten::ScalarImplicit"},
};

}  // namespace

OperationId Lowering::emit_operator(NodeId node, std::string_view name,
                                    Inputs inputs) {
  std::span<const Operator> overloads = context_.operators->overloads(name);
  std::vector<ArgumentType> arguments;
  for (const OperationInput& input : inputs) {
    arguments.push_back({input.keyword, type(input.value)});
  }
  Match match = match_overload(overloads, arguments, &types_);
  Operation operation;
  operation.kind = OperationKind::kOperator;
  operation.node = node;
  operation.name =
      overloads.empty() ? own(std::string(name)) : overloads[0].name;
  operation.op = match.op;
  operation.first_overload = overloads.empty() ? nullptr : &overloads[0];
  operation.type = match.result;
  return emit(operation, inputs);
}

Lowering::Inputs Lowering::arguments(NodeId call, size_t first) {
  Inputs inputs;
  for (NodeId argument : tree_.children(call).subspan(first)) {
    if (tree_.kind(argument) == NodeKind::kKeyword) {
      std::string_view keyword = tree_.text(tree_.child(argument, 0));
      inputs.push_back({keyword, expression(tree_.child(argument, 1))});
    } else if (tree_.kind(argument) == NodeKind::kStarred) {
      inputs.push_back({{}, expression(tree_.child(argument, 0))});
    } else {
      inputs.push_back({{}, expression(argument)});
    }
  }
  return inputs;
}

OperationId Lowering::call(NodeId id) {
  NodeId callee = tree_.child(id, 0);
  NodeId root = callee;
  while (tree_.kind(root) == NodeKind::kAttribute) root = tree_.child(root, 0);
  bool is_variable = tree_.kind(root) == NodeKind::kName &&
                     variables_.contains(tree_.text(root));
  if (tree_.kind(root) == NodeKind::kName && !is_variable) {
    if (root == callee) return call_builtin(id, tree_.text(callee));
    return call_named(id, dotted_name(tree_, callee));
  }
  if (tree_.kind(callee) == NodeKind::kAttribute) {
    OperationId object = expression(tree_.child(callee, 0));
    return call_method(id, object, tree_.text(tree_.child(callee, 1)));
  }
  OperationId function = expression(callee);
  if (graph_[function].kind == OperationKind::kFunction) {
    return call_named(id, std::string(graph_[function].name));
  }
  return call_method(id, function, "forward");
}

// A call of an operator, a function or a class by its full name.
OperationId Lowering::call_named(NodeId id, const std::string& name) {
  std::string op = operator_name(name);
  if (!op.empty()) return emit_operator(id, op, arguments(id));
  const ClassInfo* info = context_.library.find(name);
  auto function = context_.library.find_function(name);
  Operation operation;
  operation.node = id;
  operation.name = own(name);
  if (info != nullptr && function.source == nullptr) {
    bool is_tuple = info->kind == ClassKind::kNamedTuple;
    operation.kind = OperationKind::kCreate;
    operation.name =
        own(is_tuple ? "prim::TupleConstruct" : "prim::CreateObject");
    operation.type = types_.parse(info->name);
    return emit(operation, arguments(id));
  }
  operation.kind = OperationKind::kCallFunction;
  if (function.source != nullptr) {
    operation.type = return_type(*function.source, function.node);
  } else if (name.find(".classes.") != name.npos) {
    operation.kind = OperationKind::kCreate;
    operation.type = types_.parse(name);
  }
  return emit(operation, arguments(id));
}

OperationId Lowering::call_builtin(NodeId id, std::string_view name) {
  struct Row {
    std::string_view name;
    OperationId (Lowering::*lower)(NodeId);
  };
  static constexpr std::array kRows = {
      Row{"annotate", &Lowering::annotate},
      Row{"unchecked_cast", &Lowering::cast},
      Row{"uninitialized", &Lowering::uninitialized},
      Row{"isinstance", &Lowering::is_instance},
      Row{"getattr", &Lowering::get_attribute},
      Row{"fork", &Lowering::fork},
  };
  for (const Row& row : kRows) {
    if (row.name == name) return (this->*row.lower)(id);
  }
  for (const Conversion& row : kConversions) {
    if (row.name == name) return convert(id, row.op, row.to);
  }
  for (const Builtin& row : kBuiltins) {
    if (row.name == name) return emit_operator(id, row.op, arguments(id));
  }
  Operation operation;
  operation.kind = OperationKind::kCallFunction;
  operation.node = id;
  operation.name = name;
  return emit(operation, arguments(id));
}

OperationId Lowering::convert(NodeId id, std::string_view op, TypeKind to) {
  Inputs inputs = arguments(id);
  if (inputs.size() == 1 && kind(inputs[0].value) == to) {
    return inputs[0].value;
  }
  OperationId result = emit_operator(id, op, inputs);
  graph_.operations[result].type = type_id(to);
  return result;
}

TypeId Lowering::type_of_annotation(NodeId id) {
  return types_.parse(tree_.text(id));
}

// annotate(T, value)
OperationId Lowering::annotate(NodeId id) {
  TypeId wanted = type_of_annotation(tree_.child(id, 1));
  OperationId value = expression(tree_.child(id, 2));
  if (kind(value) == TypeKind::kTensor) {
    for (const Implicit& row : kImplicit) {
      if (row.to == types_.kind(wanted)) {
        return emit_operator(id, row.op, {{{}, value}});
      }
    }
  }
  Operation operation;
  operation.kind = OperationKind::kCast;
  operation.node = id;
  operation.name = "annotate";
  operation.type = wanted;
  return emit(operation, {{{}, value}});
}

// unchecked_cast(T, value)
OperationId Lowering::cast(NodeId id) {
  Operation operation;
  operation.kind = OperationKind::kCast;
  operation.node = id;
  operation.name = "prim::unchecked_cast";
  operation.type = type_of_annotation(tree_.child(id, 1));
  return emit(operation, {{{}, expression(tree_.child(id, 2))}});
}

OperationId Lowering::uninitialized(NodeId id) {
  return named(id, "prim::Uninitialized",
               type_of_annotation(tree_.child(id, 1)));
}

OperationId Lowering::is_instance(NodeId id) {
  expression(tree_.child(id, 1));
  return named(id, "prim::isinstance", type_id(TypeKind::kBool));
}

// getattr(object, "name")
OperationId Lowering::get_attribute(NodeId id) {
  OperationId object = expression(tree_.child(id, 1));
  return attribute_of(id, object, own(string_value(tree_, tree_.child(id, 2))));
}

// fork(function, arguments…)
OperationId Lowering::fork(NodeId id) {
  OperationId function = expression(tree_.child(id, 1));
  Operation operation;
  operation.kind = OperationKind::kCallFunction;
  operation.node = id;
  operation.name = graph_[function].name;
  TypeId result = type_id(TypeKind::kUnknown);
  auto target = context_.library.find_function(operation.name);
  if (target.source != nullptr) {
    result = return_type(*target.source, target.node);
  }
  operation.type = types_.parse("Future[" + types_[result].text + "]");
  named_control(id, "prim::fork");
  return emit(operation, arguments(id, 2));
}

TypeId Lowering::return_type(const Library::Source& source,
                             NodeId function) const {
  NodeId returns = as_function(source.tree, function).returns;
  if (returns == kNoNode) return type_id(TypeKind::kUnknown);
  return types_.parse(source.tree.text(returns));
}

TypeId Lowering::method_type(TypeId object, std::string_view method) const {
  const ClassInfo* info = context_.library.find(types_[object].text);
  if (info == nullptr) return type_id(TypeKind::kUnknown);
  for (const auto* methods : {&info->methods, &info->hooks}) {
    auto found = std::ranges::find(*methods, method, &MethodInfo::name);
    if (found == methods->end()) continue;
    return return_type(context_.library.source_of(*info), found->node);
  }
  return type_id(TypeKind::kUnknown);
}

OperationId Lowering::call_method(NodeId id, OperationId object,
                                  std::string_view method) {
  TypeKind receiver = kind(object);
  Inputs inputs = {{{}, object}};
  for (const OperationInput& input : arguments(id)) inputs.push_back(input);
  // Methods of what is no object are operators.
  if (receiver != TypeKind::kNamed && receiver != TypeKind::kUnknown) {
    return emit_operator(id, own("aten::" + std::string(method)), inputs);
  }
  Operation operation;
  operation.kind = OperationKind::kCallMethod;
  operation.node = id;
  operation.name = method;
  operation.type = method_type(type(object), method);
  return emit(operation, inputs);
}

}  // namespace tsinspect::torchscript
