// Graphs in the DOT language of Graphviz, and as JSON.

#pragma once

#include <string>

#include "render/json.h"
#include "tsinspect/graph.h"

namespace tsinspect::cli {

enum class DotDirection { kDown, kRight };

// A digraph of that name. Each text from the file is escaped and cut, so that
// it is one line of a label and nothing else.
void print_dot(Output& out, const std::string& name, const Graph& graph,
               DotDirection direction);

// "nodes", "edges" and "truncated", as members of an object.
void write_graph(Json& json, const Graph& graph);

}  // namespace tsinspect::cli
