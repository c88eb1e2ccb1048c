// Whether two syntax trees say the same, wherever their tokens stand.

#pragma once

#include "torchscript/syntax.h"

namespace tsinspect::torchscript {

inline bool same_tree(const Tree& a, NodeId a_id, const Tree& b, NodeId b_id) {
  const Node& a_node = a[a_id];
  const Node& b_node = b[b_id];
  if (a_node.kind != b_node.kind || a_node.op != b_node.op ||
      a_node.child_count != b_node.child_count) {
    return false;
  }
  bool has_text =
      a_node.kind == NodeKind::kName || a_node.kind == NodeKind::kNumber;
  if (has_text && a.text(a_id) != b.text(b_id)) return false;
  if (string_value(a, a_id) != string_value(b, b_id)) return false;
  for (size_t i = 0; i < a_node.child_count; ++i) {
    if (!same_tree(a, a.child(a_id, i), b, b.child(b_id, i))) return false;
  }
  return true;
}

}  // namespace tsinspect::torchscript
