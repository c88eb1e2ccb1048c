#include "render/dot.h"

#include <array>

#include "base/printable.h"

namespace tsinspect::cli {
namespace {

// Of a line of a label.
constexpr size_t kLabelColumns = 60;

struct NodeStyle {
  GraphNodeKind kind;
  const char* attributes;
};
constexpr std::array kNodeStyles = {
    NodeStyle{GraphNodeKind::kParameter, ", shape=ellipse"},
    NodeStyle{GraphNodeKind::kConstant, ", style=filled"},
    NodeStyle{GraphNodeKind::kAttribute, ", style=filled"},
    NodeStyle{GraphNodeKind::kOperator, ", style=rounded"},
    NodeStyle{GraphNodeKind::kConstruct, ", shape=plaintext"},
    NodeStyle{GraphNodeKind::kJoin, ", shape=diamond"},
    NodeStyle{GraphNodeKind::kReturn, ", shape=ellipse"},
};

const char* style_of(GraphNodeKind kind) {
  for (const NodeStyle& row : kNodeStyles) {
    if (row.kind == kind) return row.attributes;
  }
  return "";
}

// Text as it stands between double quotes. A label takes a backslash for the
// begin of an escape, and an ampersand for that of an HTML entity.
std::string escaped(std::string_view text) {
  std::string out;
  for (char c : printable(text, kLabelColumns)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
    if (c == '&') out += "amp;";
  }
  return out;
}

std::string node_label(const GraphNode& node) {
  std::string label = escaped(node.label);
  if (node.repeats > 1) label += fmt::format(" (×{})", node.repeats);
  if (node.below > 0) label += fmt::format(" (+{})", node.below);
  if (!node.detail.empty()) label += "\\n" + escaped(node.detail);
  return label;
}

std::string edge_label(const GraphEdge& edge) {
  std::string label = escaped(edge.label);
  if (edge.count > 1) {
    label += fmt::format("{}×{}", label.empty() ? "" : " ", edge.count);
  }
  return label;
}

void print_edge(Output& out, const GraphEdge& edge) {
  out.print("  n{} -> n{}", edge.from, edge.to);
  std::string label = edge_label(edge);
  if (edge.kind == GraphEdgeKind::kContains) {
    out.text(" [style=dotted, arrowhead=none]");
  } else if (!label.empty()) {
    out.print(" [label=\"{}\"]", label);
  }
  out.text(";\n");
}

}  // namespace

void print_dot(Output& out, const std::string& name, const Graph& graph,
               DotDirection direction) {
  out.print("digraph \"{}\" {{\n", escaped(name));
  // Edges leave a node in the order in which they stand here.
  if (direction == DotDirection::kRight) {
    out.text("  rankdir=LR;\n  ordering=out;\n");
  }
  out.text(
      "  node [shape=box, fontname=\"Helvetica\", fontsize=11];\n"
      "  edge [fontname=\"Helvetica\", fontsize=9];\n");
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    out.print("  n{} [label=\"{}\"{}];\n", i, node_label(node),
              style_of(node.kind));
  }
  for (const GraphEdge& edge : graph.edges) print_edge(out, edge);
  out.text("}\n");
}

void write_graph(Json& json, const Graph& graph) {
  json.key("nodes");
  json.begin_array();
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& node = graph.nodes[i];
    json.begin_object();
    json.member("id", i);
    json.member("kind", to_string(node.kind));
    json.member("name", node.name);
    json.member("label", node.label);
    json.member("detail", node.detail);
    if (node.kind == GraphNodeKind::kModule) {
      json.member("repeats", node.repeats);
      json.member("below", node.below);
    }
    json.end_object();
  }
  json.end_array();
  json.key("edges");
  json.begin_array();
  for (const GraphEdge& edge : graph.edges) {
    json.begin_object();
    json.member("from", edge.from);
    json.member("to", edge.to);
    json.member("kind", to_string(edge.kind));
    if (!edge.label.empty()) json.member("label", edge.label);
    if (edge.kind == GraphEdgeKind::kCall || edge.count > 1) {
      json.member("count", edge.count);
    }
    json.end_object();
  }
  json.end_array();
  json.member("truncated", graph.truncated);
}

}  // namespace tsinspect::cli
