// What the graphs that are drawn have in common: their nodes, with texts that
// are kept only so far.

#pragma once

#include <string>
#include <string_view>

#include "tsinspect/graph.h"

namespace tsinspect {

// As much of a text as a graph keeps.
std::string clipped_text(std::string_view text);

// "float32 [8, 3]", clipped.
std::string tensor_text(const Tensor& tensor);

// Adds a node, its texts clipped, and returns its index.
uint32_t add_node(Graph* graph, GraphNodeKind kind, std::string_view name,
                  std::string_view label, std::string_view detail = {});

}  // namespace tsinspect
