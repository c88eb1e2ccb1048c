// Graphs as lines of text, for tests.

#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "tsinspect/graph.h"

namespace tsinspect {

// "kind label: detail" of each node, with "×N" and "+N" where it stands for
// more modules.
inline std::vector<std::string> node_lines(const Graph& graph) {
  std::vector<std::string> lines;
  for (const GraphNode& node : graph.nodes) {
    std::string line =
        fmt::format("{} {}: {}", to_string(node.kind), node.label, node.detail);
    if (node.repeats > 1) line += fmt::format(" ×{}", node.repeats);
    if (node.below > 0) line += fmt::format(" +{}", node.below);
    lines.push_back(line);
  }
  return lines;
}

// "label -> label" of each edge, or "label .. label" for a module that is not
// called, with "[edge's label]" and "×N" behind.
inline std::vector<std::string> edge_lines(const Graph& graph) {
  std::vector<std::string> lines;
  for (const GraphEdge& edge : graph.edges) {
    bool is_part = edge.kind == GraphEdgeKind::kContains;
    std::string line =
        fmt::format("{} {} {}", graph.nodes[edge.from].label,
                    is_part ? ".." : "->", graph.nodes[edge.to].label);
    if (!edge.label.empty()) line += fmt::format(" [{}]", edge.label);
    if (edge.count > 1) line += fmt::format(" ×{}", edge.count);
    lines.push_back(line);
  }
  return lines;
}

}  // namespace tsinspect
