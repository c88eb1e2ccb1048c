#include "torchscript/dump.h"

#include <array>

#include "tsinspect/error.h"

namespace tsinspect::torchscript {
namespace {

// In the order of NodeKind.
constexpr std::array kKinds = {
    "_",        "module", "import",    "class",   "def",     "params",
    "param",    "*",      "block",     "skipped", "=",       "augmented",
    "if",       "for",    "while",     "with",    "item",    "return",
    "raise",    "assert", "del",       "pass",    "break",   "continue",
    "expr",     "name",   "number",    "string",  "True",    "False",
    "None",     "...",    "attribute", "call",    "keyword", "starred",
    "index",    "slice",  "tuple",     "list",    "dict",    "listcomp",
    "dictcomp", "ifexpr", "unary",     "binary"};
static_assert(kKinds.size() == static_cast<size_t>(NodeKind::kBinary) + 1);

bool is_leaf(NodeKind kind) {
  return kind == NodeKind::kName || kind == NodeKind::kNumber ||
         kind == NodeKind::kString;
}

}  // namespace

std::string dump(const Tree& tree, NodeId id) {
  NodeKind kind = tree.kind(id);
  if (is_leaf(kind)) return std::string(tree.text(id));
  std::string text = kKinds[static_cast<size_t>(kind)];
  bool has_op = tree[id].op != TokenKind::kEnd;
  if (!has_op && (kind == NodeKind::kMissing || kind == NodeKind::kSkipped ||
                  (kind >= NodeKind::kTrue && kind <= NodeKind::kDots))) {
    return text;
  }
  if (has_op) text += " " + to_string(tree[id].op);
  for (NodeId child : tree.children(id)) text += " " + dump(tree, child);
  return "(" + text + ")";
}

std::string dump_statement(const std::string& source) {
  Tree tree = parse(source, Depth::kBodies);
  return dump(tree, tree.child(tree.root, 0));
}

std::string error_of(std::string_view source, Depth depth,
                     const Limits& limits) {
  try {
    parse(source, depth, limits);
  } catch (const Error& error) {
    return std::string(to_string(error.kind())) + ": " + error.what();
  }
  return {};
}

}  // namespace tsinspect::torchscript
