#include "analysis/canonical_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analysis/canonical_shape.h"
#include "torchscript/parser.h"

namespace tsinspect {
namespace {

using torchscript::as_class;
using torchscript::as_function;
using torchscript::as_parameter;
using torchscript::NodeId;
using torchscript::NodeKind;
using torchscript::Tree;

// The nodes that give variables their values, and which child is the target.
struct Target {
  NodeKind kind;
  size_t child;
};
constexpr std::array kTargets = {
    Target{NodeKind::kAssign, 0},
    Target{NodeKind::kAugmentedAssign, 0},
    Target{NodeKind::kFor, 0},
    Target{NodeKind::kWithItem, 1},
    Target{NodeKind::kListComprehension, 1},
    Target{NodeKind::kDictComprehension, 2},
};

void add_target(const Tree& tree, NodeId id, Variables* variables) {
  switch (tree.kind(id)) {
    case NodeKind::kName:
      return variables->add(tree.text(id));
    case NodeKind::kTuple:
    case NodeKind::kList:
    case NodeKind::kStarred:
      for (NodeId item : tree.children(id)) add_target(tree, item, variables);
      return;
    default:
      return;
  }
}

void add_targets(const Tree& tree, Variables* variables) {
  for (NodeId id = 0; id < tree.nodes.size(); ++id) {
    auto row = std::ranges::find(kTargets, tree.kind(id), &Target::kind);
    if (row != kTargets.end()) {
      add_target(tree, tree.child(id, row->child), variables);
    }
  }
}

// Statements that have lines below them, and which child these are.
struct BlockStatement {
  NodeKind kind;
  size_t body;
};
constexpr std::array kBlockStatements = {
    BlockStatement{NodeKind::kIf, 1}, BlockStatement{NodeKind::kFor, 2},
    BlockStatement{NodeKind::kWhile, 1},
    BlockStatement{NodeKind::kWith, SIZE_MAX},  // The last one.
};

// `text` with every run of blanks and line ends as one blank.
std::string on_one_line(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\f";
  std::string line;
  while (true) {
    size_t begin = text.find_first_not_of(kBlanks);
    if (begin == text.npos) return line;
    text.remove_prefix(begin);
    size_t end = std::min(text.find_first_of(kBlanks), text.size());
    if (!line.empty()) line += ' ';
    line += text.substr(0, end);
    text.remove_prefix(end);
  }
}

class LineWriter {
 public:
  explicit LineWriter(const CanonicalOptions& options) : options_(options) {}

  void function(const Tree& tree, NodeId id) {
    auto parts = as_function(tree, id);
    bool is_skipped = tree.kind(parts.body) == NodeKind::kSkipped;
    if (!is_skipped) {
      add_targets(tree, &variables_);
      head(tree, id);
      return block(tree, parts.body);
    }
    Tree body = torchscript::parse_body(tree.source, tree.range(parts.body));
    add_targets(body, &variables_);
    head(tree, id);
    block(body, body.root);
  }

  void class_head(const Tree& tree, NodeId id) {
    auto parts = as_class(tree, id);
    writer(tree, add(tree, id, parts.body)).node(parts.base);
    ++depth_;
  }

  void statement(const Tree& tree, NodeId id) {
    auto row = std::ranges::find(kBlockStatements, tree.kind(id),
                                 &BlockStatement::kind);
    if (row == kBlockStatements.end()) {
      return writer(tree, add(tree, id, torchscript::kNoNode)).node(id);
    }
    size_t last = tree[id].child_count - 1;
    size_t body = std::min(row->body, last);
    head(tree, id, body);
    ++depth_;
    block(tree, tree.child(id, body));
    --depth_;
    if (tree.kind(id) == NodeKind::kIf) otherwise(tree, tree.child(id, 2));
  }

  std::vector<CanonicalLine> take() { return std::move(lines_); }

 private:
  void block(const Tree& tree, NodeId id) {
    for (NodeId child : tree.children(id)) statement(tree, child);
  }

  // What stands in front of the block that is child `body`.
  void head(const Tree& tree, NodeId id, size_t body) {
    ShapeWriter writer =
        this->writer(tree, add(tree, id, tree.child(id, body)));
    writer.text(fmt::format("{}", static_cast<int>(tree.kind(id))));
    for (NodeId child : tree.children(id).first(body)) writer.node(child);
  }

  // An `elif` is an `else` with an `if` in it.
  void otherwise(const Tree& tree, NodeId id) {
    if (id == torchscript::kNoNode) return;
    start("else:").shape += "else";
    ++depth_;
    block(tree, id);
    --depth_;
  }

  // The head of a function.
  void head(const Tree& tree, NodeId id) {
    auto parts = as_function(tree, id);
    for (NodeId each : tree.children(parts.parameters)) {
      if (tree.kind(each) != NodeKind::kParameter) continue;
      variables_.add(tree.text(as_parameter(tree, each).name));
    }
    ShapeWriter writer = this->writer(tree, add(tree, id, parts.body));
    bool is_self = options_.is_method;
    for (NodeId each : tree.children(parts.parameters)) {
      parameter(tree, each, is_self, &writer);
      is_self = false;
    }
    writer.node(parts.returns);
    ++depth_;
  }

  void parameter(const Tree& tree, NodeId id, bool is_self,
                 ShapeWriter* writer) {
    if (tree.kind(id) != NodeKind::kParameter) return writer->node(id);
    auto parts = as_parameter(tree, id);
    if (options_.keeps_parameters) writer->text(tree.text(parts.name));
    writer->node(parts.name);
    if (is_self) return;
    writer->node(parts.annotation);
    writer->node(parts.value);
  }

  CanonicalLine& start(std::string_view text) {
    CanonicalLine& line = lines_.emplace_back();
    line.text.assign(2 * depth_, ' ');
    line.text += text;
    line.shape = fmt::format("{}:", depth_);
    return line;
  }

  // A line for a statement, up to `end`, if that is not kNoNode.
  CanonicalLine& add(const Tree& tree, NodeId id, NodeId end) {
    std::string_view text = tree.text(id);
    if (end != torchscript::kNoNode) {
      text = text.substr(0, tree[end].begin - tree[id].begin);
    }
    return start(on_one_line(text));
  }

  ShapeWriter writer(const Tree& tree, CanonicalLine& line) {
    return ShapeWriter(tree, options_, &variables_, &line);
  }

  const CanonicalOptions& options_;
  Variables variables_;
  std::vector<CanonicalLine> lines_;
  size_t depth_ = 0;
};

}  // namespace

std::vector<CanonicalLine> canonical_function(const Tree& tree, NodeId function,
                                              const CanonicalOptions& options) {
  LineWriter writer(options);
  writer.function(tree, function);
  return writer.take();
}

std::vector<CanonicalLine> canonical_class(const Tree& tree,
                                           const torchscript::ClassInfo& info) {
  CanonicalOptions options;
  LineWriter writer(options);
  writer.class_head(tree, info.node);
  for (NodeId id : tree.children(as_class(tree, info.node).body)) {
    if (tree.kind(id) == NodeKind::kAssign) writer.statement(tree, id);
  }
  return writer.take();
}

}  // namespace tsinspect
