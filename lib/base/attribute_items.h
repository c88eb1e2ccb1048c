// The items of a node's attribute, as they are read from protobuf messages.

#pragma once

#include <string_view>
#include <vector>

#include "base/protobuf.h"
#include "tsinspect/dataflow.h"

namespace tsinspect {

// Adds an attribute, which `in` is at. Throws Error(kLimit) where the node has
// more of them than any operator takes.
void add_attribute(NodeAttribute attribute, const MessageReader& in,
                   std::vector<NodeAttribute>* attributes);

// Adds an item unless the list is too long to keep.
void add_item(AttributeItem item, NodeAttribute* attribute);

// Adds the numbers in the current field of *in, packed or one alone.
void add_integers(MessageReader* in, const char* what,
                  NodeAttribute* attribute);
void add_floats(MessageReader* in, const char* what, NodeAttribute* attribute);

}  // namespace tsinspect
