#include "analysis/graph_nodes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tsinspect {

std::string clipped_text(std::string_view text) {
  if (text.size() <= kGraphTextBytes) return std::string(text);
  size_t end = kGraphTextBytes;
  while (end > 0 && (text[end] & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::string tensor_text(const Tensor& tensor) {
  return clipped_text(fmt::format("{} [{}]", dtype_info(tensor.dtype).name,
                                  fmt::join(tensor.shape, ", ")));
}

uint32_t add_node(Graph* graph, GraphNodeKind kind, std::string_view name,
                  std::string_view label, std::string_view detail) {
  graph->nodes.push_back(
      {kind, clipped_text(name), clipped_text(label), clipped_text(detail)});
  return static_cast<uint32_t>(graph->nodes.size() - 1);
}

}  // namespace tsinspect
