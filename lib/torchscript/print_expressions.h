// The half of print() that writes expressions.

#pragma once

#include <array>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "torchscript/syntax.h"

namespace tsinspect::torchscript {

// Appends to a text. A function that writes a kind of node is called with one.
class ExpressionPrinter {
 public:
  ExpressionPrinter(const Tree& tree, std::string* out)
      : tree_(tree), out_(*out) {}

  // In parentheses if it binds less than `least`, a precedence.
  void expression(NodeId id, int least = 0);

 protected:
  void child(NodeId id, size_t index, int least = 0) {
    expression(tree_.child(id, index), least);
  }

  // Expressions with commas between them.
  void items(std::span<const NodeId> ids);

  // As many of the children as there are, each behind its text.
  void parts(NodeId id, std::initializer_list<std::string_view> before);

  const Tree& tree_;
  std::string& out_;

 private:
  struct Row {
    NodeKind kind;
    void (ExpressionPrinter::*print)(NodeId);
    int precedence;  // Of operators, that of the operator counts.
  };
  static const std::array<Row, 21> kRows;
  static const Row* row_of(NodeKind kind);
  int precedence(NodeId id) const;

  void verbatim(NodeId id) { out_ += tree_.text(id); }
  void string(NodeId id);
  void attribute(NodeId id);
  void call(NodeId id);
  void keyword(NodeId id) { parts(id, {"", "="}); }
  void starred(NodeId id);
  void subscript(NodeId id);
  void slice(NodeId id);
  void tuple(NodeId id);
  void list(NodeId id);
  void dict(NodeId id);
  void pair(NodeId id, size_t index);
  void list_comprehension(NodeId id);
  void dict_comprehension(NodeId id);
  void comprehension(NodeId id, size_t first);
  void conditional(NodeId id);
  void unary(NodeId id);
  void binary(NodeId id);
};

}  // namespace tsinspect::torchscript
