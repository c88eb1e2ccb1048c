#include <algorithm>
#include <array>

#include "torchscript/lower.h"

namespace tsinspect::torchscript {
namespace {

struct OperatorName {
  TokenKind token;
  std::string_view name;
};
// What torch/csrc/jit/frontend/ir_emitter.cpp's getOpName() makes of them.
constexpr std::array kBinary = {
    OperatorName{TokenKind::kPlus, "aten::add"},
    OperatorName{TokenKind::kMinus, "aten::sub"},
    OperatorName{TokenKind::kStar, "aten::mul"},
    OperatorName{TokenKind::kSlash, "aten::div"},
    OperatorName{TokenKind::kFloorDiv, "aten::floordiv"},
    OperatorName{TokenKind::kPercent, "aten::remainder"},
    OperatorName{TokenKind::kPower, "aten::pow"},
    OperatorName{TokenKind::kAt, "aten::matmul"},
    OperatorName{TokenKind::kEqual, "aten::eq"},
    OperatorName{TokenKind::kNotEqual, "aten::ne"},
    OperatorName{TokenKind::kLess, "aten::lt"},
    OperatorName{TokenKind::kLessEqual, "aten::le"},
    OperatorName{TokenKind::kGreater, "aten::gt"},
    OperatorName{TokenKind::kGreaterEqual, "aten::ge"},
    OperatorName{TokenKind::kAmpersand, "aten::__and__"},
    OperatorName{TokenKind::kPipe, "aten::__or__"},
    OperatorName{TokenKind::kCaret, "aten::__xor__"},
    OperatorName{TokenKind::kShiftLeft, "aten::__lshift__"},
    OperatorName{TokenKind::kShiftRight, "aten::__rshift__"},
    OperatorName{TokenKind::kIs, "aten::__is__"},
    OperatorName{TokenKind::kIsNot, "aten::__isnot__"},
};
constexpr std::array kUnary = {
    OperatorName{TokenKind::kMinus, "aten::neg"},
    OperatorName{TokenKind::kTilde, "aten::bitwise_not"},
    OperatorName{TokenKind::kNot, "aten::__not__"},
};

template <typename Table>
std::string_view name_of(const Table& table, TokenKind token) {
  auto row = std::ranges::find(table, token, &OperatorName::token);
  return row == table.end() ? std::string_view() : row->name;
}

TypeKind number_kind(std::string_view text) {
  if (text.ends_with('j')) return TypeKind::kComplex;
  bool is_float = text.find_first_of(".eE") != text.npos &&
                  !text.starts_with("0x") && !text.starts_with("0X");
  return is_float ? TypeKind::kFloat : TypeKind::kInt;
}

struct LiteralName {
  std::string_view name;
  TypeKind kind;
};
constexpr std::array kLiteralNames = {
    LiteralName{"inf", TypeKind::kFloat},
    LiteralName{"nan", TypeKind::kFloat},
    LiteralName{"infj", TypeKind::kComplex},
    LiteralName{"nanj", TypeKind::kComplex},
};

// Aliases of aliases could make a name ever longer.
constexpr size_t kLongestName = 4096;

constexpr std::string_view kConstants = "CONSTANTS.c";

// A number of up to nine decimal digits; empty for any other text.
std::optional<uint32_t> small_number(std::string_view text) {
  if (text.empty() || text.size() > 9) return std::nullopt;
  uint32_t number = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<uint32_t>(c - '0');
  }
  return number;
}

// N of "CONSTANTS.cN".
std::optional<uint32_t> constant_index(std::string_view name) {
  if (!name.starts_with(kConstants)) return std::nullopt;
  return small_number(name.substr(kConstants.size()));
}

}  // namespace

OperationId Lowering::expression(NodeId id) {
  struct Row {
    NodeKind kind;
    OperationId (Lowering::*lower)(NodeId);
  };
  static constexpr std::array kRows = {
      Row{NodeKind::kName, &Lowering::name},
      Row{NodeKind::kNumber, &Lowering::literal},
      Row{NodeKind::kString, &Lowering::literal},
      Row{NodeKind::kTrue, &Lowering::literal},
      Row{NodeKind::kFalse, &Lowering::literal},
      Row{NodeKind::kNone, &Lowering::literal},
      Row{NodeKind::kAttribute, &Lowering::attribute},
      Row{NodeKind::kCall, &Lowering::call},
      Row{NodeKind::kSubscript, &Lowering::subscript},
      Row{NodeKind::kTuple, &Lowering::construct},
      Row{NodeKind::kList, &Lowering::construct},
      Row{NodeKind::kDict, &Lowering::construct},
      Row{NodeKind::kListComprehension, &Lowering::comprehension},
      Row{NodeKind::kDictComprehension, &Lowering::comprehension},
      Row{NodeKind::kConditional, &Lowering::conditional},
      Row{NodeKind::kUnary, &Lowering::unary},
      Row{NodeKind::kBinary, &Lowering::binary},
  };
  for (const Row& row : kRows) {
    if (row.kind == tree_.kind(id)) return (this->*row.lower)(id);
  }
  for (NodeId child : tree_.children(id)) expression(child);
  return kNoOperation;
}

// A value of our own making: a loop's index, an object of a class.
OperationId Lowering::named(NodeId id, std::string_view name, TypeId type) {
  Operation operation;
  operation.kind = OperationKind::kLiteral;
  operation.node = id;
  operation.name = name;
  operation.type = type;
  return emit(operation);
}

void Lowering::named_control(NodeId id, std::string_view name) {
  Operation operation;
  operation.kind = OperationKind::kControl;
  operation.node = id;
  operation.name = name;
  emit(operation);
}

OperationId Lowering::literal(NodeId id) {
  struct Row {
    NodeKind node;
    TypeKind type;
  };
  static constexpr std::array kRows = {
      Row{NodeKind::kString, TypeKind::kString},
      Row{NodeKind::kTrue, TypeKind::kBool},
      Row{NodeKind::kFalse, TypeKind::kBool},
      Row{NodeKind::kNone, TypeKind::kNone},
  };
  auto row = std::ranges::find(kRows, tree_.kind(id), &Row::node);
  TypeKind kind = row == kRows.end() ? number_kind(tree_.text(id)) : row->type;
  return named(id, {}, type_id(kind));
}

OperationId Lowering::name(NodeId id) {
  std::string_view text = tree_.text(id);
  if (is_variable(text)) return find(text);
  auto row = std::ranges::find(kLiteralNames, text, &LiteralName::name);
  if (row != kLiteralNames.end()) return named(id, {}, type_id(row->kind));
  return qualified(id, std::string(text));
}

// Whether this is a name of the language or of the program, dotted or not,
// rather than an attribute of a value.
bool Lowering::is_qualified(NodeId id) const {
  NodeId root = id;
  size_t dots = 0;
  for (; tree_.kind(root) == NodeKind::kAttribute; ++dots) {
    root = tree_.child(root, 0);
  }
  if (tree_.kind(root) != NodeKind::kName) return false;
  std::string_view name = tree_.text(root);
  return !is_variable(name) && (name != "CONSTANTS" || dots == 1);
}

OperationId Lowering::attribute(NodeId id) {
  if (is_qualified(id)) return qualified(id, dotted_name(tree_, id));
  OperationId object = expression(tree_.child(id, 0));
  return attribute_of(id, object, tree_.text(tree_.child(id, 1)));
}

// A name, dotted or not, that does not begin with a variable.
OperationId Lowering::qualified(NodeId id, const std::string& name) {
  if (name.size() > kLongestName) return kNoOperation;
  Operation operation;
  operation.node = id;
  if (auto index = constant_index(name)) {
    operation.kind = OperationKind::kConstant;
    operation.index = *index;
    if (*index < context_.constant_types.size()) {
      operation.type = context_.constant_types[*index];
    }
    return emit(operation);
  }
  // `__torch__.Color.RED`: a member of an enum.
  size_t dot = std::min(name.rfind('.'), name.size());
  const ClassInfo* owner =
      context_.library.find(std::string_view(name).substr(0, dot));
  if (owner != nullptr && owner->kind == ClassKind::kEnum) {
    return named(id, own(name), types_.parse(owner->name));
  }
  operation.kind = OperationKind::kFunction;
  operation.name = own(name);
  return emit(operation);
}

OperationId Lowering::attribute_of(NodeId node, OperationId object,
                                   std::string_view name) {
  if (graph_[object].kind == OperationKind::kFunction) {
    std::string full(graph_[object].name);
    if (name == "autograd" && !full.starts_with("__torch__")) {
      return qualified(node, "torch");  // As long as it may have been.
    }
    return qualified(node, full.append(".").append(name));
  }
  TypeId owner = type(object);
  // `x.dtype`, as torch 1.0 wrote it.
  if (types_.kind(owner) == TypeKind::kTensor) {
    return emit_operator(node, own("prim::" + std::string(name)),
                         {{{}, object}});
  }
  Operation operation;
  operation.kind = OperationKind::kAttribute;
  operation.node = node;
  operation.name = name;
  if (const ClassInfo* info = context_.library.find(types_[owner].text)) {
    const AttributeInfo* found = context_.members->attribute(*info, name);
    if (found != nullptr) operation.type = types_.parse(found->type);
  }
  return emit(operation, {{{}, object}});
}

OperationId Lowering::subscript(NodeId id) {
  OperationId value = expression(tree_.child(id, 0));
  auto indices = tree_.children(id).subspan(1);
  TypeKind whole = kind(value);
  if (whole == TypeKind::kTensor) {
    for (NodeId index : indices) value = tensor_index(value, index);
    return value;
  }
  for (size_t i = 1; i < indices.size(); ++i) expression(indices[i]);
  NodeId index = indices.empty() ? kNoNode : indices[0];
  if (whole == TypeKind::kTuple && tree_.kind(index) == NodeKind::kSlice) {
    return tuple_slice(id, value, index);
  }
  if (tree_.kind(index) == NodeKind::kSlice) return slice(id, value, index);
  auto item = small_number(tree_.text(index));
  if (whole == TypeKind::kTuple && item) {
    Operation operation;
    operation.kind = OperationKind::kUnpack;
    operation.node = id;
    if (graph_[value].kind != OperationKind::kConstruct) {
      operation.name = "prim::TupleIndex";
    }
    operation.index = *item;
    operation.type = types_.argument(type(value), operation.index);
    return emit(operation, {{{}, value}});
  }
  return emit_operator(id, "aten::__getitem__",
                       {{{}, value}, {{}, expression(index)}});
}

OperationId Lowering::slice(NodeId id, OperationId value, NodeId index) {
  Inputs inputs = {{{}, value}};
  for (NodeId part : tree_.children(index)) {
    inputs.push_back({{},
                      part == kNoNode
                          ? named(index, {}, type_id(TypeKind::kNone))
                          : expression(part)});
  }
  if (tree_.child(index, 2) == kNoNode) {
    inputs.back().value = named(index, {}, type_id(TypeKind::kInt));
  }
  return emit_operator(id, "aten::slice", inputs);
}

// Which items these are is not followed: any of them, each of any type.
OperationId Lowering::tuple_slice(NodeId id, OperationId value, NodeId index) {
  expression(index);
  Operation operation;
  operation.kind = OperationKind::kCast;
  operation.node = id;
  operation.name = "slice";
  return emit(operation, {{{}, value}});
}

OperationId Lowering::tensor_index(OperationId value, NodeId index) {
  OperationId at = expression(index);
  if (tree_.kind(index) == NodeKind::kSlice) {
    return emit_operator(index, "aten::slice", {{{}, value}});
  }
  std::string_view name = kind(at) == TypeKind::kInt    ? "aten::select"
                          : kind(at) == TypeKind::kNone ? "aten::unsqueeze"
                                                        : "aten::index";
  OperationId result = emit_operator(index, name, {{{}, value}, {{}, at}});
  graph_.operations[result].type = type_id(TypeKind::kTensor);
  return result;
}

OperationId Lowering::construct(NodeId id) {
  struct Row {
    NodeKind node;
    TypeKind type;
    std::string_view name;
  };
  static constexpr std::array kRows = {
      Row{NodeKind::kTuple, TypeKind::kTuple, "prim::TupleConstruct"},
      Row{NodeKind::kList, TypeKind::kList, "prim::ListConstruct"},
      Row{NodeKind::kDict, TypeKind::kDict, "prim::DictConstruct"},
  };
  Inputs inputs;
  std::vector<TypeId> items;
  for (NodeId child : tree_.children(id)) {
    inputs.push_back({{}, expression(child)});
    items.push_back(type(inputs.back().value));
  }
  const Row& row = *std::ranges::find(kRows, tree_.kind(id), &Row::node);
  size_t arity = row.type == TypeKind::kDict ? 2 : 1;
  if (row.type != TypeKind::kTuple) {
    // All elements are of one type; an empty list is of tensors.
    for (size_t i = arity; i < items.size(); ++i) {
      items[i % arity] = types_.join(items[i % arity], items[i]);
    }
    items.resize(arity, type_id(TypeKind::kTensor));
    if (inputs.empty() && arity == 2) items[0] = type_id(TypeKind::kString);
  }
  Operation operation;
  operation.kind = OperationKind::kConstruct;
  operation.node = id;
  operation.name = row.name;
  operation.type = types_.make(row.type, items);
  return emit(operation, inputs);
}

OperationId Lowering::unary(NodeId id) {
  OperationId operand = expression(tree_.child(id, 0));
  if (tree_[id].op == TokenKind::kNot) {
    if (kind(operand) == TypeKind::kTensor) {
      operand = emit_operator(id, "aten::Bool", {{{}, operand}});
    }
  } else if (tree_.kind(tree_.child(id, 0)) == NodeKind::kNumber) {
    // A sign of a number is a part of it.
    return named(id, {}, type(operand));
  }
  std::string_view name = name_of(kUnary, tree_[id].op);
  if (name.empty()) return operand;
  return emit_operator(id, name, {{{}, operand}});
}

OperationId Lowering::binary(NodeId id) {
  TokenKind op = tree_[id].op;
  OperationId left = expression(tree_.child(id, 0));
  OperationId right = expression(tree_.child(id, 1));
  if (op == TokenKind::kAnd || op == TokenKind::kOr) {
    named_control(id, "prim::If");
    return named(id, {}, type_id(TypeKind::kBool));
  }
  if (op == TokenKind::kIn || op == TokenKind::kNotIn) {
    OperationId found =
        emit_operator(id, "aten::__contains__", {{{}, right}, {{}, left}});
    if (op == TokenKind::kIn) return found;
    return emit_operator(id, "aten::__not__", {{{}, found}});
  }
  return emit_operator(id, name_of(kBinary, op), {{{}, left}, {{}, right}});
}

OperationId Lowering::conditional(NodeId id) {
  condition(tree_.child(id, 1));
  named_control(id, "prim::If");
  OperationId then = expression(tree_.child(id, 0));
  OperationId otherwise = expression(tree_.child(id, 2));
  Operation operation;
  operation.kind = OperationKind::kJoin;
  operation.node = id;
  operation.type = types_.join(type(then), type(otherwise));
  return emit(operation, {{{}, then}, {{}, otherwise}});
}

OperationId Lowering::comprehension(NodeId id) {
  bool is_list = tree_.kind(id) == NodeKind::kListComprehension;
  size_t arity = is_list ? 1 : 2;
  named_control(id, "prim::Loop");
  size_t mark = log_.size();
  store(tree_.child(id, arity), element_of(id, tree_.child(id, arity + 1)));
  if (NodeId filter = tree_.child(id, arity + 2); filter != kNoNode) {
    condition(filter);
    named_control(id, "prim::If");
  }
  Inputs items;
  std::vector<TypeId> types;
  for (size_t i = 0; i < arity; ++i) {
    items.push_back({{}, expression(tree_.child(id, i))});
    types.push_back(type(items.back().value));
  }
  undo(mark);
  Operation operation;
  operation.kind = OperationKind::kConstruct;
  operation.node = id;
  operation.name = is_list ? "prim::ListConstruct" : "prim::DictConstruct";
  operation.type =
      types_.make(is_list ? TypeKind::kList : TypeKind::kDict, types);
  return emit(operation, items);
}

}  // namespace tsinspect::torchscript
