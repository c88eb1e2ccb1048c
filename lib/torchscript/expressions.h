// The half of the parser that reads expressions.

#pragma once

#include <tsinspect/limits.h>

#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "torchscript/lexer.h"
#include "torchscript/syntax.h"

namespace tsinspect::torchscript {

// Recursive descent with one token of look-ahead, `token_`. A function that
// reads something is called with its first token there, leaves behind its last
// one, and returns the node it added.
class ExpressionParser {
 protected:
  ExpressionParser(std::string_view source, Lexer lexer, const Limits& limits);

  // One expression, without commas outside of brackets.
  NodeId expression();

  // Expressions with commas between them: a tuple where there is a comma.
  NodeId expression_list();

  // What can stand left of `=` or `in`: operators weaker than `|` end it.
  NodeId target_list();

  NodeId name();

  // Passes a token of this kind, and returns it, or throws.
  Token expect(TokenKind kind);
  bool accept(TokenKind kind);
  bool at(TokenKind kind) const { return token_.kind == kind; }
  void advance();
  [[noreturn]] void unexpected(std::string_view expected) const;

  // Adds a node from `begin` to the last token passed. An expression's height
  // is checked.
  NodeId add(NodeKind kind, uint32_t begin, std::span<const NodeId> children,
             TokenKind op = TokenKind::kEnd);
  NodeId add(NodeKind kind, uint32_t begin,
             std::initializer_list<NodeId> children = {},
             TokenKind op = TokenKind::kEnd);

  // Throws Error(kLimit) while more than Limits::source_depth of it are alive.
  class Nesting {
   public:
    Nesting(const ExpressionParser* parser, uint32_t* depth);
    ~Nesting() { --*depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    uint32_t* depth_;
  };

  Tree tree_;
  Lexer lexer_;
  Token token_;
  uint32_t last_end_ = 0;  // Of the last token passed.
  const uint32_t limit_;

 private:
  // The children of a node that are read so far, on the stack that all nodes
  // share.
  class Children {
   public:
    explicit Children(std::vector<NodeId>* stack)
        : stack_(stack), begin_(stack->size()) {}
    ~Children() { stack_->resize(begin_); }
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;

    void push(NodeId id) { stack_->push_back(id); }
    size_t size() const { return stack_->size() - begin_; }
    std::span<const NodeId> all() const {
      return std::span(*stack_).subspan(begin_);
    }

   private:
    std::vector<NodeId>* stack_;
    size_t begin_;
  };

  NodeId comma_list(int precedence);
  // Operators of this precedence and stronger ones.
  NodeId binary(int precedence);
  NodeId unary();
  NodeId power();
  NodeId postfix();
  NodeId atom();
  NodeId parenthesised();
  NodeId list();
  NodeId dict();
  NodeId string();
  NodeId call(uint32_t begin, NodeId callee);
  NodeId argument();
  NodeId attribute(uint32_t begin, NodeId value);
  NodeId subscript(uint32_t begin, NodeId value);
  NodeId slice();
  NodeId comprehension(NodeKind kind, uint32_t begin, Children* children,
                       TokenKind close);
  TokenKind binary_operator();

  std::vector<NodeId> stack_;
  uint32_t depth_ = 0;
};

}  // namespace tsinspect::torchscript
