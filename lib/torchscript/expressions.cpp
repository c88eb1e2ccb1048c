// Expressions but for atoms (atoms.cpp), strongest last:
//
//   expression   = binary [ "if" binary "else" expression ]
//   binary       = unary { operator unary }      operators: precedence.cpp
//   unary        = "not" binary | ("-" | "+" | "~") unary | power
//   power        = postfix [ "**" unary ]
//   postfix      = atom { "." NAME | "(" arguments ")" | "[" indices "]" }
//   argument     = NAME "=" expression | ("*" | "**") expression | expression
//   index        = expression | [expression] ":" [expression]
//                  [ ":" [expression] ]
//
// Commas may trail. Source of truth: torch/csrc/jit/frontend/parser.cpp and
// tree_views.h for what can be read, torch/csrc/jit/serialization/
// python_print.cpp for what is written.

#include "torchscript/expressions.h"

#include <fmt/format.h>
#include <tsinspect/error.h>

#include <algorithm>
#include <array>
#include <utility>

#include "torchscript/precedence.h"

namespace tsinspect::torchscript {
namespace {

// What can follow a comma that trails.
bool ends_list(TokenKind kind) {
  constexpr std::array kEnds = {
      TokenKind::kNewline,    TokenKind::kRightParen, TokenKind::kRightBracket,
      TokenKind::kRightBrace, TokenKind::kAssign,     TokenKind::kColon,
      TokenKind::kIn,         TokenKind::kEnd,
  };
  return std::find(kEnds.begin(), kEnds.end(), kind) != kEnds.end();
}

}  // namespace

ExpressionParser::Nesting::Nesting(const ExpressionParser* parser,
                                   uint32_t* depth)
    : depth_(depth) {
  if (*depth >= parser->limit_) {
    throw Error(
        ErrorKind::kLimit,
        fmt::format("TorchScript source nested deeper than {}", parser->limit_),
        parser->token_.begin);
  }
  ++*depth_;
}

ExpressionParser::ExpressionParser(std::string_view source, Lexer lexer,
                                   const Limits& limits)
    : lexer_(std::move(lexer)),
      limit_(std::min<uint32_t>(limits.source_depth, UINT16_MAX - 1)) {
  tree_.source = source;
  token_ = lexer_.next();
}

void ExpressionParser::advance() {
  last_end_ = token_.end;
  token_ = lexer_.next();
}

bool ExpressionParser::accept(TokenKind kind) {
  if (!at(kind)) return false;
  advance();
  return true;
}

Token ExpressionParser::expect(TokenKind kind) {
  if (!at(kind)) unexpected(to_string(kind));
  Token token = token_;
  advance();
  return token;
}

void ExpressionParser::unexpected(std::string_view expected) const {
  throw Error(
      ErrorKind::kMalformed,
      fmt::format("expected {}, found {}", expected, to_string(token_.kind)),
      token_.begin);
}

NodeId ExpressionParser::add(NodeKind kind, uint32_t begin,
                             std::span<const NodeId> children, TokenKind op) {
  uint32_t height = 0;
  if (kind >= NodeKind::kName) {
    for (NodeId child : children) {
      height = std::max<uint32_t>(height, tree_[child].height);
    }
    if (++height > limit_) {
      throw Error(ErrorKind::kLimit,
                  fmt::format("expression of more than {} levels", limit_),
                  begin);
    }
  }
  Node node;
  node.kind = kind;
  node.op = op;
  node.height = static_cast<uint16_t>(height);
  node.begin = begin;
  node.end = std::max(begin, last_end_);
  node.first_child = static_cast<uint32_t>(tree_.links.size());
  node.child_count = static_cast<uint32_t>(children.size());
  tree_.links.insert(tree_.links.end(), children.begin(), children.end());
  tree_.nodes.push_back(node);
  return static_cast<NodeId>(tree_.nodes.size() - 1);
}

NodeId ExpressionParser::add(NodeKind kind, uint32_t begin,
                             std::initializer_list<NodeId> children,
                             TokenKind op) {
  return add(kind, begin, std::span(children.begin(), children.size()), op);
}

NodeId ExpressionParser::name() {
  uint32_t begin = expect(TokenKind::kName).begin;
  return add(NodeKind::kName, begin);
}

NodeId ExpressionParser::expression_list() { return comma_list(kOrPrecedence); }

NodeId ExpressionParser::target_list() { return comma_list(kTargetPrecedence); }

NodeId ExpressionParser::comma_list(int precedence) {
  uint32_t begin = token_.begin;
  auto item = [&] {
    if (at(TokenKind::kStar)) return argument();
    return precedence == kOrPrecedence ? expression() : binary(precedence);
  };
  NodeId first = item();
  if (!at(TokenKind::kComma)) return first;
  Children items(&stack_);
  items.push(first);
  while (accept(TokenKind::kComma) && !ends_list(token_.kind)) {
    items.push(item());
  }
  return add(NodeKind::kTuple, begin, items.all());
}

NodeId ExpressionParser::expression() {
  Nesting nesting(this, &depth_);
  uint32_t begin = token_.begin;
  NodeId value = binary(kOrPrecedence);
  if (!accept(TokenKind::kIf)) return value;
  NodeId condition = binary(kOrPrecedence);
  expect(TokenKind::kElse);
  NodeId otherwise = expression();
  return add(NodeKind::kConditional, begin, {value, condition, otherwise});
}

// Passes an operator; two words that are one become its kind.
TokenKind ExpressionParser::binary_operator() {
  TokenKind kind = token_.kind;
  advance();
  if (kind == TokenKind::kNot) {
    expect(TokenKind::kIn);
    return TokenKind::kNotIn;
  }
  if (kind == TokenKind::kIs && accept(TokenKind::kNot)) {
    return TokenKind::kIsNot;
  }
  return kind;
}

NodeId ExpressionParser::binary(int precedence) {
  uint32_t begin = token_.begin;
  NodeId left = unary();
  while (precedence_of(token_.kind) >= precedence) {
    int stronger = precedence_of(token_.kind) + 1;
    TokenKind op = binary_operator();
    NodeId right = binary(stronger);
    left = add(NodeKind::kBinary, begin, {left, right}, op);
  }
  return left;
}

NodeId ExpressionParser::unary() {
  TokenKind op = token_.kind;
  if (op != TokenKind::kNot && op != TokenKind::kMinus &&
      op != TokenKind::kPlus && op != TokenKind::kTilde) {
    return power();
  }
  Nesting nesting(this, &depth_);
  uint32_t begin = token_.begin;
  advance();
  NodeId operand = op == TokenKind::kNot ? binary(kNotPrecedence) : unary();
  return add(NodeKind::kUnary, begin, {operand}, op);
}

NodeId ExpressionParser::power() {
  uint32_t begin = token_.begin;
  NodeId base = postfix();
  if (!at(TokenKind::kPower)) return base;
  Nesting nesting(this, &depth_);
  advance();
  NodeId exponent = unary();
  return add(NodeKind::kBinary, begin, {base, exponent}, TokenKind::kPower);
}

NodeId ExpressionParser::postfix() {
  uint32_t begin = token_.begin;
  NodeId value = atom();
  while (true) {
    if (at(TokenKind::kDot)) {
      value = attribute(begin, value);
    } else if (at(TokenKind::kLeftParen)) {
      value = call(begin, value);
    } else if (at(TokenKind::kLeftBracket)) {
      value = subscript(begin, value);
    } else {
      return value;
    }
  }
}

// Attributes of Python objects, and so their names here, can be words that are
// reserved only in the serialized language or were set with setattr().
NodeId ExpressionParser::attribute(uint32_t begin, NodeId value) {
  expect(TokenKind::kDot);
  if (!is_word(token_.kind)) {
    return add(NodeKind::kAttribute, begin, {value, name()});
  }
  uint32_t name_begin = token_.begin;
  advance();
  NodeId word = add(NodeKind::kName, name_begin);
  return add(NodeKind::kAttribute, begin, {value, word});
}

NodeId ExpressionParser::call(uint32_t begin, NodeId callee) {
  expect(TokenKind::kLeftParen);
  Children children(&stack_);
  children.push(callee);
  while (!at(TokenKind::kRightParen)) {
    children.push(argument());
    if (!accept(TokenKind::kComma)) break;
  }
  expect(TokenKind::kRightParen);
  return add(NodeKind::kCall, begin, children.all());
}

NodeId ExpressionParser::argument() {
  uint32_t begin = token_.begin;
  if (at(TokenKind::kStar) || at(TokenKind::kPower)) {
    TokenKind op = token_.kind;
    advance();
    return add(NodeKind::kStarred, begin, {expression()}, op);
  }
  NodeId value = expression();
  if (!at(TokenKind::kAssign) || tree_.kind(value) != NodeKind::kName) {
    return value;
  }
  advance();
  return add(NodeKind::kKeyword, begin, {value, expression()});
}

NodeId ExpressionParser::subscript(uint32_t begin, NodeId value) {
  expect(TokenKind::kLeftBracket);
  Children children(&stack_);
  children.push(value);
  do {
    children.push(slice());
  } while (accept(TokenKind::kComma) && !at(TokenKind::kRightBracket));
  expect(TokenKind::kRightBracket);
  return add(NodeKind::kSubscript, begin, children.all());
}

// An index, or a slice where there is a colon.
NodeId ExpressionParser::slice() {
  auto part = [&] {
    bool missing = at(TokenKind::kColon) || at(TokenKind::kComma) ||
                   at(TokenKind::kRightBracket);
    return missing ? kNoNode : expression();
  };
  uint32_t begin = token_.begin;
  if (!at(TokenKind::kColon)) {
    NodeId index = expression();
    if (!at(TokenKind::kColon)) return index;
    advance();
    NodeId stop = part();
    NodeId step = accept(TokenKind::kColon) ? part() : kNoNode;
    return add(NodeKind::kSlice, begin, {index, stop, step});
  }
  advance();
  NodeId stop = part();
  NodeId step = accept(TokenKind::kColon) ? part() : kNoNode;
  return add(NodeKind::kSlice, begin, {kNoNode, stop, step});
}

}  // namespace tsinspect::torchscript
