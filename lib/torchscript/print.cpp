// Source of truth: torch/csrc/jit/serialization/python_print.cpp.

#include "torchscript/print.h"

#include <algorithm>
#include <array>

#include "torchscript/parser.h"
#include "torchscript/precedence.h"
#include "torchscript/print_expressions.h"

namespace tsinspect::torchscript {
namespace {

constexpr size_t kIndent = 2;

class Printer : private ExpressionPrinter {
 public:
  Printer(const Tree& tree, size_t indent, std::string* out)
      : ExpressionPrinter(tree, out), indent_(indent) {}

  void node(NodeId id);
  void statements(NodeId id);

 private:
  struct Row {
    NodeKind kind;
    void (Printer::*print)(NodeId);
    bool ends_line = true;  // No block and no part of a statement.
  };
  static const std::array<Row, 24> kRows;

  void verbatim(NodeId id) { out_ += tree_.text(id); }
  void import(NodeId id);
  void class_definition(NodeId id);
  void function(NodeId id);
  void parameters(NodeId id);
  void parameter(NodeId id);
  void assign(NodeId id);
  void augmented_assign(NodeId id);
  void if_statement(NodeId id);
  void for_statement(NodeId id);
  void while_statement(NodeId id);
  void with_statement(NodeId id);
  void with_item(NodeId id) { parts(id, {"", " as "}); }
  void return_statement(NodeId id);
  void raise_statement(NodeId id);
  void assert_statement(NodeId id) { parts(id, {"assert ", ", "}); }
  void delete_statement(NodeId id);
  void expression_statement(NodeId id) { child(id, 0); }
  void skipped(NodeId id);
  void block(NodeId id);

  size_t indent_;
};

constexpr std::array<Printer::Row, 24> Printer::kRows = {{
    {NodeKind::kModule, &Printer::statements, false},
    {NodeKind::kImport, &Printer::import},
    {NodeKind::kClass, &Printer::class_definition, false},
    {NodeKind::kFunction, &Printer::function, false},
    {NodeKind::kParameters, &Printer::parameters, false},
    {NodeKind::kParameter, &Printer::parameter, false},
    {NodeKind::kKeywordOnly, &Printer::verbatim, false},
    {NodeKind::kBlock, &Printer::statements, false},
    {NodeKind::kSkipped, &Printer::skipped, false},
    {NodeKind::kAssign, &Printer::assign},
    {NodeKind::kAugmentedAssign, &Printer::augmented_assign},
    {NodeKind::kIf, &Printer::if_statement, false},
    {NodeKind::kFor, &Printer::for_statement, false},
    {NodeKind::kWhile, &Printer::while_statement, false},
    {NodeKind::kWith, &Printer::with_statement, false},
    {NodeKind::kWithItem, &Printer::with_item, false},
    {NodeKind::kReturn, &Printer::return_statement},
    {NodeKind::kRaise, &Printer::raise_statement},
    {NodeKind::kAssert, &Printer::assert_statement},
    {NodeKind::kDelete, &Printer::delete_statement},
    {NodeKind::kPass, &Printer::verbatim},
    {NodeKind::kBreak, &Printer::verbatim},
    {NodeKind::kContinue, &Printer::verbatim},
    {NodeKind::kExpressionStatement, &Printer::expression_statement},
}};

void Printer::node(NodeId id) {
  auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& each) {
    return each.kind == tree_.kind(id);
  });
  if (row == kRows.end()) return expression(id);
  (this->*row->print)(id);
  if (row->ends_line) out_ += '\n';
}

void Printer::statements(NodeId id) {
  for (NodeId statement : tree_.children(id)) {
    out_.append(indent_, ' ');
    node(statement);
  }
}

// A colon and the lines below it.
void Printer::block(NodeId id) {
  out_ += ":\n";
  indent_ += kIndent;
  node(id);
  indent_ -= kIndent;
}

void Printer::skipped(NodeId id) {
  Tree body = parse_body(tree_.source, tree_.range(id));
  Printer(body, indent_, &out_).node(body.root);
}

void Printer::import(NodeId id) {
  auto names = tree_.children(id).subspan(1);
  out_ += names.empty() ? "import " : "from ";
  child(id, 0);
  if (names.empty()) return;
  out_ += " import ";
  items(names);
}

void Printer::class_definition(NodeId id) {
  Class parts = as_class(tree_, id);
  out_ += "class ";
  expression(parts.name);
  if (parts.base != kNoNode) {
    out_ += '(';
    expression(parts.base);
    out_ += ')';
  }
  block(parts.body);
}

void Printer::function(NodeId id) {
  Function parts = as_function(tree_, id);
  out_ += "def ";
  expression(parts.name);
  node(parts.parameters);
  if (parts.returns != kNoNode) {
    out_ += " -> ";
    expression(parts.returns);
  }
  block(parts.body);
}

void Printer::parameters(NodeId id) {
  bool first = true;
  out_ += '(';
  for (NodeId parameter : tree_.children(id)) {
    // As far as LibTorch indents them, in methods and functions alike.
    if (!first) out_ += ",\n    ";
    first = false;
    node(parameter);
  }
  out_ += ')';
}

void Printer::parameter(NodeId id) { parts(id, {"", ": ", "="}); }

void Printer::assign(NodeId id) {
  Assign parts = as_assign(tree_, id);
  bool unpacks = parts.annotation == kNoNode &&
                 tree_.kind(parts.target) == NodeKind::kTuple &&
                 tree_[parts.target].child_count > 0;
  if (unpacks) {
    items(tree_.children(parts.target));
    out_ += ',';
  } else {
    expression(parts.target);
  }
  if (parts.annotation != kNoNode) {
    out_ += " : ";
    expression(parts.annotation);
  }
  if (parts.value != kNoNode) {
    out_ += " = ";
    expression(parts.value);
  }
}

void Printer::augmented_assign(NodeId id) {
  child(id, 0);
  out_ += ' ';
  out_ += spelling(tree_[id].op);
  out_ += ' ';
  child(id, 1);
}

void Printer::if_statement(NodeId id) {
  out_ += "if ";
  child(id, 0);
  block(tree_.child(id, 1));
  NodeId otherwise = tree_.child(id, 2);
  if (otherwise == kNoNode) return;
  out_.append(indent_, ' ');
  if (tree_[otherwise].op == TokenKind::kElif) {
    out_ += "el";
    return node(tree_.child(otherwise, 0));
  }
  out_ += "else";
  block(otherwise);
}

void Printer::for_statement(NodeId id) {
  out_ += "for ";
  child(id, 0, kTargetPrecedence);
  out_ += " in ";
  child(id, 1);
  block(tree_.child(id, 2));
}

void Printer::while_statement(NodeId id) {
  out_ += "while ";
  child(id, 0);
  block(tree_.child(id, 1));
}

void Printer::with_statement(NodeId id) {
  auto children = tree_.children(id);
  out_ += "with ";
  for (size_t i = 0; i + 1 < children.size(); ++i) {
    if (i > 0) out_ += ", ";
    node(children[i]);
  }
  block(children.back());
}

void Printer::return_statement(NodeId id) {
  out_ += "return";
  parts(id, {" "});
}

void Printer::raise_statement(NodeId id) {
  out_ += "raise";
  parts(id, {" "});
}

void Printer::delete_statement(NodeId id) {
  out_ += "del ";
  items(tree_.children(id));
}

}  // namespace

std::string print(const Tree& tree, NodeId id) {
  std::string text;
  Printer(tree, 0, &text).node(id);
  return text;
}

}  // namespace tsinspect::torchscript
