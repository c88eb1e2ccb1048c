#include "analysis/canonical_shape.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

#include "torchscript/literals.h"

namespace tsinspect {
namespace {

using torchscript::NodeId;
using torchscript::NodeKind;
using torchscript::Tree;

// Of a number, a string, True, False or None.
std::optional<std::string> literal_text(const Tree& tree, NodeId id) {
  switch (tree.kind(id)) {
    case NodeKind::kNumber:
      return torchscript::value_text(tree, id);
    case NodeKind::kString:
      return torchscript::quoted_text(torchscript::string_value(tree, id));
    case NodeKind::kTrue:
    case NodeKind::kFalse:
    case NodeKind::kNone:
      return std::string(tree.text(id));
    default:
      return std::nullopt;
  }
}

// N of `CONSTANTS.cN`.
std::optional<uint32_t> constant_number(const Tree& tree, NodeId id) {
  std::string_view name = tree.text(tree.child(id, 1));
  bool is_constant = tree.text(tree.child(id, 0)) == "CONSTANTS" &&
                     name.starts_with('c') && name.size() > 1;
  if (!is_constant) return std::nullopt;
  uint32_t number = 0;
  const char* end = name.data() + name.size();
  auto [stop, error] = std::from_chars(name.data() + 1, end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

void append_literals(const Tree& tree, NodeId id,
                     std::vector<std::string>* all) {
  if (auto literal = literal_text(tree, id)) all->push_back(*literal);
  for (NodeId child : tree.children(id)) append_literals(tree, child, all);
}

}  // namespace

std::optional<uint32_t> Variables::find(std::string_view name) {
  auto variable = numbers_.find(name);
  if (variable == numbers_.end()) return std::nullopt;
  if (variable->second == kUnnamed) variable->second = next_++;
  return variable->second;
}

void ShapeWriter::text(std::string_view text) {
  fmt::format_to(std::back_inserter(line_.shape), "{}'{}", text.size(), text);
}

void ShapeWriter::node(NodeId id) {
  if (auto literal = literal_text(tree_, id)) return this->literal(*literal);
  switch (tree_.kind(id)) {
    case NodeKind::kName:
      return name(tree_.text(id));
    case NodeKind::kAttribute:
      return attribute(id);
    case NodeKind::kKeyword:
      mark('=');
      text(tree_.text(tree_.child(id, 0)));
      return node(tree_.child(id, 1));
    default:
      any(id);
  }
}

void ShapeWriter::name(std::string_view name) {
  auto variable = variables_.find(name);
  if (!variable) return text(name);
  mark('$');
  line_.variables.push_back(*variable);
}

void ShapeWriter::literal(const std::string& literal) {
  mark('#');
  if (options_.literals != nullptr) {
    auto other = options_.literals->find(literal);
    if (other != options_.literals->end()) return text(other->second);
  }
  text(literal);
}

void ShapeWriter::attribute(NodeId id) {
  std::string_view name = tree_.text(tree_.child(id, 1));
  if (torchscript::is_mangle(name)) return node(tree_.child(id, 0));
  if (auto number = constant_number(tree_, id)) return constant(*number);
  mark('.');
  text(name);
  node(tree_.child(id, 0));
}

void ShapeWriter::constant(uint32_t number) {
  mark('C');
  line_.constants.push_back(number);
  if (options_.constants == nullptr) return;
  auto known = options_.constants->find(number);
  if (known != options_.constants->end()) text(known->second);
}

void ShapeWriter::any(NodeId id) {
  const auto& node = tree_[id];
  fmt::format_to(std::back_inserter(line_.shape), "({},{},{}",
                 static_cast<int>(node.kind), static_cast<int>(node.op),
                 node.child_count);
  for (NodeId child : tree_.children(id)) this->node(child);
  mark(')');
}

std::string canonical_shape(const Tree& tree, NodeId id) {
  Variables none;
  CanonicalLine line;
  ShapeWriter(tree, {}, &none, &line).node(id);
  return line.shape;
}

std::vector<std::string> literals_of(const Tree& tree, NodeId id) {
  std::vector<std::string> all;
  append_literals(tree, id, &all);
  return all;
}

}  // namespace tsinspect
