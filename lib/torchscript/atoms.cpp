// The expressions that others are made of:
//
//   atom         = NAME | NUMBER | STRING… | "True" | "False" | "None" | "..."
//                | "(" [ expression | tuple ] ")"
//                | "[" [ items | expression comprehension ] "]"
//                | "{" [ pairs | pair comprehension ] "}"
//   comprehension = "for" targets "in" binary [ "if" binary ]
//
// Source of truth: that of expressions.cpp, which has the other rules.

#include <array>

#include "torchscript/expressions.h"
#include "torchscript/precedence.h"

namespace tsinspect::torchscript {
namespace {

struct Atom {
  TokenKind token;
  NodeKind node;
};
constexpr std::array kAtoms = {
    Atom{TokenKind::kName, NodeKind::kName},
    Atom{TokenKind::kNumber, NodeKind::kNumber},
    Atom{TokenKind::kTrue, NodeKind::kTrue},
    Atom{TokenKind::kFalse, NodeKind::kFalse},
    Atom{TokenKind::kNone, NodeKind::kNone},
    Atom{TokenKind::kDots, NodeKind::kDots},
};

}  // namespace

NodeId ExpressionParser::atom() {
  for (const Atom& row : kAtoms) {
    if (row.token != token_.kind) continue;
    uint32_t begin = token_.begin;
    advance();
    return add(row.node, begin);
  }
  if (at(TokenKind::kString)) return string();
  if (at(TokenKind::kLeftParen)) return parenthesised();
  if (at(TokenKind::kLeftBracket)) return list();
  if (at(TokenKind::kLeftBrace)) return dict();
  unexpected("expression");
}

NodeId ExpressionParser::string() {
  uint32_t begin = token_.begin;
  while (accept(TokenKind::kString)) {
  }
  return add(NodeKind::kString, begin);
}

NodeId ExpressionParser::parenthesised() {
  uint32_t begin = expect(TokenKind::kLeftParen).begin;
  if (accept(TokenKind::kRightParen)) return add(NodeKind::kTuple, begin);
  NodeId value = expression_list();
  // `(*a)` is nothing; `(*a, )` is a tuple.
  if (tree_.kind(value) == NodeKind::kStarred) {
    unexpected(to_string(TokenKind::kComma));
  }
  expect(TokenKind::kRightParen);
  if (tree_.kind(value) == NodeKind::kTuple) {
    tree_.nodes[value].begin = begin;
    tree_.nodes[value].end = last_end_;
  }
  return value;
}

NodeId ExpressionParser::list() {
  uint32_t begin = expect(TokenKind::kLeftBracket).begin;
  Children children(&stack_);
  while (!at(TokenKind::kRightBracket)) {
    children.push(argument());
    if (children.size() == 1 && at(TokenKind::kFor)) {
      return comprehension(NodeKind::kListComprehension, begin, &children,
                           TokenKind::kRightBracket);
    }
    if (!accept(TokenKind::kComma)) break;
  }
  expect(TokenKind::kRightBracket);
  return add(NodeKind::kList, begin, children.all());
}

NodeId ExpressionParser::dict() {
  uint32_t begin = expect(TokenKind::kLeftBrace).begin;
  Children children(&stack_);
  while (!at(TokenKind::kRightBrace)) {
    children.push(expression());
    expect(TokenKind::kColon);
    children.push(expression());
    if (children.size() == 2 && at(TokenKind::kFor)) {
      return comprehension(NodeKind::kDictComprehension, begin, &children,
                           TokenKind::kRightBrace);
    }
    if (!accept(TokenKind::kComma)) break;
  }
  expect(TokenKind::kRightBrace);
  return add(NodeKind::kDict, begin, children.all());
}

NodeId ExpressionParser::comprehension(NodeKind kind, uint32_t begin,
                                       Children* children, TokenKind close) {
  expect(TokenKind::kFor);
  children->push(target_list());
  expect(TokenKind::kIn);
  children->push(binary(kOrPrecedence));
  children->push(accept(TokenKind::kIf) ? binary(kOrPrecedence) : kNoNode);
  expect(close);
  return add(kind, begin, children->all());
}

}  // namespace tsinspect::torchscript
