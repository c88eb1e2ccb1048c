#include "render/dot.h"

#include <gtest/gtest.h>

#include "captured.h"

namespace tsinspect::cli {
namespace {

std::string dot_of(const Graph& graph, const std::string& name = "g") {
  return captured(
      [&](Output& out) { print_dot(out, name, graph, DotDirection::kDown); });
}

// The line of a graph's one node.
std::string node_line(const GraphNode& node) {
  Graph graph;
  graph.nodes = {node};
  std::string dot = dot_of(graph);
  size_t begin = dot.find("  n0 ");
  return dot.substr(begin, dot.find('\n', begin) - begin);
}

std::string label_line(const std::string& label) {
  GraphNode node;
  node.label = label;
  return node_line(node);
}

TEST(Dot, HasALineForEachNodeAndEdge) {
  Graph graph;
  graph.nodes = {{GraphNodeKind::kModule, "", "(root)", "Net"},
                 {GraphNodeKind::kModule, "a", "0 … 3", "Leaf", 4, 2}};
  graph.edges = {{0, 1, GraphEdgeKind::kCall, "embed", 3},
                 {0, 1, GraphEdgeKind::kCall, "", 1},
                 {0, 1, GraphEdgeKind::kContains, "", 1}};
  EXPECT_EQ(dot_of(graph, "m.pt"),
            "digraph \"m.pt\" {\n"
            "  node [shape=box, fontname=\"Helvetica\", fontsize=11];\n"
            "  edge [fontname=\"Helvetica\", fontsize=9];\n"
            "  n0 [label=\"(root)\\nNet\"];\n"
            "  n1 [label=\"0 … 3 (×4) (+2)\\nLeaf\"];\n"
            "  n0 -> n1 [label=\"embed ×3\"];\n"
            "  n0 -> n1;\n"
            "  n0 -> n1 [style=dotted, arrowhead=none];\n"
            "}\n");
}

TEST(BadDot, TextStaysInItsLabel) {
  EXPECT_EQ(label_line("a\"];\nn0 -> n0"),
            "  n0 [label=\"a\\\"];\\\\nn0 -> n0\"];");
  EXPECT_EQ(label_line("\\N\\"), "  n0 [label=\"\\\\\\\\N\\\\\\\\\"];");
  EXPECT_EQ(label_line("a&lt;b"), "  n0 [label=\"a&amp;lt;b\"];");
  EXPECT_EQ(label_line(std::string("\0\xff", 2)),
            "  n0 [label=\"\\\\x00\\\\xff\"];");
}

TEST(BadDot, LongTextIsCut) {
  EXPECT_LT(label_line(std::string(1'000'000, '"')).size(), 200u);
}

TEST(BadDot, NamesOfFilesStayInTheirQuotes) {
  EXPECT_EQ(dot_of({}, "a\" {\\").substr(0, 21),
            "digraph \"a\\\" {\\\\\\\\\" {");
}

}  // namespace
}  // namespace tsinspect::cli
