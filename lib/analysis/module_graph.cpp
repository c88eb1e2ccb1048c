#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "analysis/dataflow_graph.h"
#include "analysis/module_calls.h"
#include "analysis/self_paths.h"
#include "tsinspect/graph.h"
#include "tsinspect/module_tree.h"

namespace tsinspect {
namespace {

using torchscript::Program;

// "0", "12": an element of a list of modules.
bool is_number(std::string_view name) {
  return !name.empty() && name.find_first_not_of("0123456789") == name.npos;
}

// Numbers modules so that those which are structurally the same have the same
// number: of one type, mangling aside, with the same modules below them.
std::vector<uint32_t> shapes_of(const ModuleTree& tree) {
  using Shape = std::pair<std::string,
                          std::vector<std::pair<std::string_view, uint32_t>>>;
  std::map<Shape, uint32_t> known;
  std::vector<uint32_t> shapes(tree.nodes.size());
  for (size_t i = tree.nodes.size(); i-- > 0;) {
    const ModuleNode& node = tree.nodes[i];
    Shape shape = {unmangled(node.type), {}};
    for (uint32_t child : node.children) {
      shape.second.push_back({tree.nodes[child].name, shapes[child]});
    }
    auto next = static_cast<uint32_t>(known.size());
    shapes[i] = known.try_emplace(std::move(shape), next).first->second;
  }
  return shapes;
}

// Which module each one is drawn as.
class Merge {
 public:
  Merge(const ModuleTree& tree, const GraphOptions& options)
      : tree_(tree), rows_(tree.nodes.size()) {
    for (uint32_t i = 0; i < rows_.size(); ++i) rows_[i].drawn_as = i;
    if (!options.all) shapes_ = shapes_of(tree);
    for (uint32_t i = 0; i < rows_.size(); ++i) {
      place(i, options.depth);
      bool may_repeat = !options.all && rows_[i].depth < options.depth;
      if (may_repeat) find_repeats(tree.nodes[i].children);
    }
  }

  uint32_t drawn_as(uint32_t row) const { return rows_[row].drawn_as; }
  bool is_drawn(uint32_t row) const { return drawn_as(row) == row; }

  // Whether another module, or a part of one, stands for it as its repeat.
  bool is_repeat(uint32_t row) const { return rows_[row].is_repeat; }

  // The last of the modules that are drawn as this one, side by side.
  uint32_t last_repeat(uint32_t row) const { return rows_[row].last; }

 private:
  struct Row {
    uint32_t drawn_as = 0;
    uint32_t last = kNoIndex;
    uint32_t position = 0;  // Among its parent's children.
    uint64_t depth = 0;
    bool is_repeat = false;
  };

  // Where the parent is drawn as another, so is the module. Parents come first.
  void place(uint32_t i, uint64_t max_depth) {
    const ModuleNode& node = tree_.nodes[i];
    for (uint32_t k = 0; k < node.children.size(); ++k) {
      rows_[node.children[k]].position = k;
    }
    if (node.parent == kNoIndex) return;
    Row& row = rows_[i];
    const Row& parent = rows_[node.parent];
    row.depth = parent.depth + 1;
    row.is_repeat |= parent.is_repeat;
    if (row.depth > max_depth) {
      row.drawn_as = parent.drawn_as;
    } else if (parent.drawn_as != node.parent) {
      uint32_t twin = tree_.nodes[parent.drawn_as].children[row.position];
      row.drawn_as = rows_[twin].drawn_as;
    }
  }

  void find_repeats(const std::vector<uint32_t>& siblings) {
    for (size_t begin = 0, end; begin < siblings.size(); begin = end) {
      uint32_t first = siblings[begin];
      for (end = begin + 1; end < siblings.size(); ++end) {
        uint32_t next = siblings[end];
        if (shapes_[next] != shapes_[first] ||
            !is_number(tree_.nodes[next].name) ||
            !is_number(tree_.nodes[first].name)) {
          break;
        }
        rows_[next].drawn_as = first;
        rows_[next].is_repeat = true;
        rows_[first].last = next;
      }
    }
  }

  const ModuleTree& tree_;
  std::vector<Row> rows_;
  std::vector<uint32_t> shapes_;
};

class ModuleGraph {
 public:
  ModuleGraph(const Model& model, const GraphOptions& options)
      : tree_(module_tree(model)), merge_(tree_, options) {
    Program program(model);
    ModuleCalls found = module_calls(model, program);
    graph_.truncated = found.truncated;
    graph_.findings = program.findings();
    std::vector<ModuleCall> calls = drawn_calls(found.calls);
    for (const ModuleCall& call : calls) called_[call.to] = true;
    add_nodes();
    add_edges(calls);
  }

  Graph take() { return std::move(graph_); }

 private:
  // Calls between the modules that are drawn. A repeat's own are those of the
  // module that is drawn for it.
  std::vector<ModuleCall> drawn_calls(const std::vector<ModuleCall>& calls) {
    called_.resize(tree_.nodes.size());
    CallTable drawn;
    for (ModuleCall call : calls) {
      if (merge_.is_repeat(call.from)) continue;
      call.from = merge_.drawn_as(call.from);
      call.to = merge_.drawn_as(call.to);
      if (call.from != call.to) drawn.add(call);
    }
    return drawn.take();
  }

  void add_nodes() {
    nodes_.resize(tree_.nodes.size(), kNoIndex);
    for (uint32_t i = 0; i < tree_.nodes.size(); ++i) {
      if (merge_.is_drawn(i)) {
        nodes_[i] = static_cast<uint32_t>(graph_.nodes.size());
        add_node(i);
      } else {
        count_merged(i);
      }
    }
  }

  void add_node(uint32_t i) {
    GraphNode& node = graph_.nodes.emplace_back();
    node.name = tree_.nodes[i].path;
    node.label = label_of(i);
    node.detail = short_type(tree_.nodes[i].type);
  }

  void count_merged(uint32_t i) {
    uint32_t as = merge_.drawn_as(i);
    bool is_sibling = tree_.nodes[as].parent == tree_.nodes[i].parent;
    GraphNode& node = graph_.nodes[nodes_[as]];
    if (is_sibling) ++node.repeats;
    if (!merge_.is_repeat(i)) ++node.below;
  }

  // What the parent calls it. A module that is called has no edge from a list
  // of modules that it is in, so the name of that goes before its own.
  std::string label_of(uint32_t i) const {
    const ModuleNode& node = tree_.nodes[i];
    if (node.parent == kNoIndex) return "(root)";
    uint32_t above = node.parent;
    while (called_[i] && !called_[above] &&
           tree_.nodes[above].parent != kNoIndex) {
      above = tree_.nodes[above].parent;
    }
    size_t prefix = tree_.nodes[above].path.size();
    auto short_path = [&](uint32_t row) {
      std::string_view path = tree_.nodes[row].path;
      return path.substr(std::min(prefix + (prefix > 0), path.size()));
    };
    std::string label(short_path(i));
    uint32_t last = merge_.last_repeat(i);
    if (last != kNoIndex)
      fmt::format_to(std::back_inserter(label), " … {}", short_path(last));
    return label;
  }

  void add_edges(const std::vector<ModuleCall>& calls) {
    for (const ModuleCall& call : calls) {
      std::string label(call.method == "forward" ? "" : call.method);
      graph_.edges.push_back({nodes_[call.from], nodes_[call.to],
                              GraphEdgeKind::kCall, std::move(label),
                              call.count});
    }
    for (uint32_t i = 0; i < tree_.nodes.size(); ++i) {
      uint32_t parent = tree_.nodes[i].parent;
      if (!merge_.is_drawn(i) || called_[i] || parent == kNoIndex) continue;
      graph_.edges.push_back(
          {nodes_[parent], nodes_[i], GraphEdgeKind::kContains, "", 1});
    }
    std::ranges::stable_sort(graph_.edges, {}, &GraphEdge::from);
  }

  ModuleTree tree_;
  Merge merge_;
  std::vector<bool> called_;
  std::vector<uint32_t> nodes_;  // Of each module that is drawn.
  Graph graph_;
};

}  // namespace

const char* to_string(GraphNodeKind kind) {
  constexpr std::array kNames = {
      "module", "parameter", "constant", "attribute",  "operator",
      "call",   "construct", "join",     "assignment", "return"};
  return kNames[static_cast<size_t>(kind)];
}

const char* to_string(GraphEdgeKind kind) {
  constexpr std::array kNames = {"call", "contains", "value"};
  return kNames[static_cast<size_t>(kind)];
}

Graph module_graph(const Model& model, const GraphOptions& options) {
  if (model.dataflow != nullptr) return dataflow_scope_graph(model, options);
  require_source(model);
  return ModuleGraph(model, options).take();
}

}  // namespace tsinspect
