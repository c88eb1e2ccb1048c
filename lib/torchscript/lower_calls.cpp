#include <algorithm>
#include <array>

#include "torchscript/lower.h"

namespace tsinspect::torchscript {
namespace {

constexpr std::string_view kTorch = "torch.";
constexpr std::string_view kOps = "ops.";
constexpr std::string_view kCppClasses = "__torch__.torch.classes.";
constexpr std::string_view kAutograd = "autograd.";

// "aten::add" of "torch.add", "ns::name" of "ops.ns.name"; empty for what is no
// operator. `autograd` of any namespace is aten's, as torch itself is.
std::string operator_name(std::string_view text) {
  std::string_view space = "aten";
  if (text.starts_with(kTorch)) {
    text.remove_prefix(kTorch.size());
  } else if (text.starts_with(kOps)) {
    text.remove_prefix(kOps.size());
    size_t dot = text.find('.');
    if (dot == text.npos) return {};
    space = text.substr(0, dot);
    text.remove_prefix(dot + 1);
  } else {
    return {};
  }
  while (text.starts_with(kAutograd)) {
    space = "aten";
    text.remove_prefix(kAutograd.size());
  }
  if (space == "aten" && text.find('.') != text.npos) return {};
  return std::string(space) + "::" + std::string(text);
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
  auto children = tree_.children(call);
  for (NodeId argument : children.subspan(std::min(first, children.size()))) {
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
  if (is_qualified(callee)) return call_named(id, dotted_name(tree_, callee));
  if (tree_.kind(callee) == NodeKind::kAttribute) {
    OperationId object = expression(tree_.child(callee, 0));
    std::string_view name = tree_.text(tree_.child(callee, 1));
    if (graph_[object].kind != OperationKind::kFunction) {
      return call_method(id, object, name);
    }
    std::string full(graph_[object].name);
    return call_named(id, full.append(".").append(name));
  }
  return call_value(id, expression(callee));
}

// A call of a function, a bound method or a module that is a value.
OperationId Lowering::call_value(NodeId id, OperationId function,
                                 size_t first) {
  const Operation& value = graph_[function];
  if (value.kind == OperationKind::kFunction) {
    return call_named(id, std::string(value.name), first);
  }
  bool is_method = value.kind == OperationKind::kAttribute &&
                   value.type == type_id(TypeKind::kUnknown);
  if (!is_method) return call_method(id, function, "forward", first);
  OperationId object = graph_.inputs_of(value)[0].value;
  return call_method(id, object, value.name, first);
}

// A call of an operator, a function or a class by its full name.
OperationId Lowering::call_named(NodeId id, std::string name, size_t first) {
  if (name.find('.') == name.npos) return call_builtin(id, own(name), first);
  std::string op = operator_name(name);
  if (!op.empty()) return emit_operator(id, op, arguments(id, first));
  // The source cannot define a class in C++.
  bool is_cpp = name.starts_with(kCppClasses);
  const ClassInfo* info = is_cpp ? nullptr : context_.library.find(name);
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
    return emit(operation, arguments(id, first));
  }
  operation.kind = OperationKind::kCallFunction;
  if (function.source != nullptr) {
    operation.type = return_type(*function.source, function.node);
  } else if (name.find(".classes.") != name.npos) {
    operation.kind = OperationKind::kCreate;
    operation.type = types_.parse(name);
  }
  return emit(operation, arguments(id, first));
}

OperationId Lowering::call_builtin(NodeId id, std::string_view name,
                                   size_t first) {
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
      Row{"awaitable", &Lowering::awaitable},
  };
  for (const Row& row : kRows) {
    if (row.name == name && first == 1) return (this->*row.lower)(id);
  }
  for (const Conversion& row : kConversions) {
    if (row.name == name && first == 1) return convert(id, row.op, row.to);
  }
  for (const Builtin& row : kBuiltins) {
    if (row.name == name)
      return emit_operator(id, row.op, arguments(id, first));
  }
  Operation operation;
  operation.kind = OperationKind::kCallFunction;
  operation.node = id;
  operation.name = name;
  return emit(operation, arguments(id, first));
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
  expression(tree_.child(id, 3));  // What it is without that attribute.
  return attribute_of(id, object, own(string_value(tree_, tree_.child(id, 2))));
}

// fork(function, arguments…)
OperationId Lowering::fork(NodeId id) { return later(id, "prim::fork"); }

// awaitable(function, arguments…)
OperationId Lowering::awaitable(NodeId id) {
  return later(id, "prim::awaitable");
}

OperationId Lowering::later(NodeId id, std::string_view name) {
  auto closure = closures_.find(tree_.text(tree_.child(id, 1)));
  OperationId result = kNoOperation;
  if (closure != closures_.end()) {
    named_control(id, name);
    Operation operation;
    operation.kind = OperationKind::kCast;
    operation.node = id;
    operation.name = "closure";
    operation.type = type(closure->second);
    result = emit(operation, {{{}, closure->second}});
  } else {
    OperationId function = expression(tree_.child(id, 1));
    named_control(id, name);
    result = call_value(id, function, 2);
  }
  Operation& operation = graph_.operations[result];
  std::string_view given = types_[operation.type].text;
  operation.type = types_.parse("Future[" + std::string(given) + "]");
  return result;
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
  const MethodInfo* found = context_.members->method(*info, method);
  if (found == nullptr) return type_id(TypeKind::kUnknown);
  return return_type(context_.library.source_of(*info), found->node);
}

OperationId Lowering::call_method(NodeId id, OperationId object,
                                  std::string_view method, size_t first) {
  TypeKind receiver = kind(object);
  Inputs inputs = {{{}, object}};
  for (const OperationInput& input : arguments(id, first)) {
    inputs.push_back(input);
  }
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
