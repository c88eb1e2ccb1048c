#include "torchscript/print_expressions.h"

#include "torchscript/literals.h"
#include "torchscript/precedence.h"

namespace tsinspect::torchscript {
namespace {

// Precedences of what is no binary operator.
constexpr int kAny = 0;  // A conditional expression's.
constexpr int kPower = kUnaryPrecedence + 1;
constexpr int kPrimary = kPower + 1;       // What calls and subscripts follow.
constexpr int kAttributed = kPrimary + 1;  // No number: `1.` is one.

}  // namespace

// In the order of NodeKind, from kName on.
constexpr std::array<ExpressionPrinter::Row, 21> ExpressionPrinter::kRows = {{
    {NodeKind::kName, &ExpressionPrinter::verbatim, kAttributed},
    {NodeKind::kNumber, &ExpressionPrinter::verbatim, kPrimary},
    {NodeKind::kString, &ExpressionPrinter::string, kAttributed},
    {NodeKind::kTrue, &ExpressionPrinter::verbatim, kAttributed},
    {NodeKind::kFalse, &ExpressionPrinter::verbatim, kAttributed},
    {NodeKind::kNone, &ExpressionPrinter::verbatim, kAttributed},
    {NodeKind::kDots, &ExpressionPrinter::verbatim, kAttributed},
    {NodeKind::kAttribute, &ExpressionPrinter::attribute, kAttributed},
    {NodeKind::kCall, &ExpressionPrinter::call, kAttributed},
    {NodeKind::kKeyword, &ExpressionPrinter::keyword, kAttributed},
    {NodeKind::kStarred, &ExpressionPrinter::starred, kAttributed},
    {NodeKind::kSubscript, &ExpressionPrinter::subscript, kAttributed},
    {NodeKind::kSlice, &ExpressionPrinter::slice, kAttributed},
    {NodeKind::kTuple, &ExpressionPrinter::tuple, kAttributed},
    {NodeKind::kList, &ExpressionPrinter::list, kAttributed},
    {NodeKind::kDict, &ExpressionPrinter::dict, kAttributed},
    {NodeKind::kListComprehension, &ExpressionPrinter::list_comprehension,
     kAttributed},
    {NodeKind::kDictComprehension, &ExpressionPrinter::dict_comprehension,
     kAttributed},
    {NodeKind::kConditional, &ExpressionPrinter::conditional, kAny},
    {NodeKind::kUnary, &ExpressionPrinter::unary, kUnaryPrecedence},
    {NodeKind::kBinary, &ExpressionPrinter::binary, kPower},
}};

// Null for kMissing and statements.
const ExpressionPrinter::Row* ExpressionPrinter::row_of(NodeKind kind) {
  static_assert([] {
    for (size_t i = 0; i < kRows.size(); ++i) {
      if (static_cast<size_t>(kRows[i].kind) !=
          static_cast<size_t>(NodeKind::kName) + i) {
        return false;
      }
    }
    return kRows.back().kind == NodeKind::kBinary;
  }());
  if (kind < NodeKind::kName) return nullptr;
  return &kRows[static_cast<size_t>(kind) -
                static_cast<size_t>(NodeKind::kName)];
}

int ExpressionPrinter::precedence(NodeId id) const {
  const Node& node = tree_[id];
  if (node.kind == NodeKind::kUnary && node.op == TokenKind::kNot) {
    return kNotPrecedence;
  }
  if (node.kind == NodeKind::kBinary && node.op != TokenKind::kPower) {
    return precedence_of(node.op);
  }
  return row_of(node.kind)->precedence;
}

void ExpressionPrinter::expression(NodeId id, int least) {
  const Row* row = row_of(tree_.kind(id));
  if (row == nullptr) return;
  bool parenthesised = precedence(id) < least;
  if (parenthesised) out_ += '(';
  (this->*row->print)(id);
  if (parenthesised) out_ += ')';
}

void ExpressionPrinter::items(std::span<const NodeId> ids) {
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) out_ += ", ";
    expression(ids[i]);
  }
}

void ExpressionPrinter::parts(NodeId id,
                              std::initializer_list<std::string_view> before) {
  size_t index = 0;
  for (std::string_view text : before) {
    NodeId part = tree_.child(id, index++);
    if (part == kNoNode) continue;
    out_ += text;
    expression(part);
  }
}

void ExpressionPrinter::string(NodeId id) {
  out_ += quoted_text(string_value(tree_, id));
}

void ExpressionPrinter::attribute(NodeId id) {
  child(id, 0, kAttributed);
  out_ += '.';
  child(id, 1);
}

void ExpressionPrinter::call(NodeId id) {
  child(id, 0, kPrimary);
  out_ += '(';
  items(tree_.children(id).subspan(1));
  out_ += ')';
}

void ExpressionPrinter::starred(NodeId id) {
  out_ += spelling(tree_[id].op);
  child(id, 0);
}

void ExpressionPrinter::subscript(NodeId id) {
  child(id, 0, kPrimary);
  out_ += '[';
  items(tree_.children(id).subspan(1));
  out_ += ']';
}

void ExpressionPrinter::slice(NodeId id) {
  child(id, 0);
  out_ += ':';
  child(id, 1);
  if (tree_.child(id, 2) == kNoNode) return;
  out_ += ':';
  child(id, 2);
}

void ExpressionPrinter::tuple(NodeId id) {
  out_ += '(';
  items(tree_.children(id));
  out_ += tree_[id].child_count == 1 ? ",)" : ")";
}

void ExpressionPrinter::list(NodeId id) {
  out_ += '[';
  items(tree_.children(id));
  out_ += ']';
}

void ExpressionPrinter::dict(NodeId id) {
  out_ += '{';
  for (size_t i = 0; i < tree_[id].child_count; i += 2) {
    if (i > 0) out_ += ", ";
    pair(id, i);
  }
  out_ += '}';
}

void ExpressionPrinter::pair(NodeId id, size_t index) {
  child(id, index);
  out_ += ": ";
  child(id, index + 1);
}

void ExpressionPrinter::list_comprehension(NodeId id) {
  out_ += '[';
  child(id, 0);
  comprehension(id, 1);
  out_ += ']';
}

void ExpressionPrinter::dict_comprehension(NodeId id) {
  out_ += '{';
  pair(id, 0);
  comprehension(id, 2);
  out_ += '}';
}

// What follows the element, from its target on.
void ExpressionPrinter::comprehension(NodeId id, size_t first) {
  out_ += " for ";
  child(id, first, kTargetPrecedence);
  out_ += " in ";
  child(id, first + 1, kOrPrecedence);
  if (tree_.child(id, first + 2) == kNoNode) return;
  out_ += " if ";
  child(id, first + 2, kOrPrecedence);
}

void ExpressionPrinter::conditional(NodeId id) {
  child(id, 0, kOrPrecedence);
  out_ += " if ";
  child(id, 1, kOrPrecedence);
  out_ += " else ";
  child(id, 2);
}

void ExpressionPrinter::unary(NodeId id) {
  out_ += spelling(tree_[id].op);
  if (tree_[id].op == TokenKind::kNot) out_ += ' ';
  child(id, 0, precedence(id));
}

// All bind to the left but `**`, whose right operand is a unary one.
void ExpressionPrinter::binary(NodeId id) {
  bool power = tree_[id].op == TokenKind::kPower;
  child(id, 0, power ? kPrimary : precedence(id));
  out_ += ' ';
  out_ += spelling(tree_[id].op);
  out_ += ' ';
  child(id, 1, power ? kUnaryPrecedence : precedence(id) + 1);
}

}  // namespace tsinspect::torchscript
