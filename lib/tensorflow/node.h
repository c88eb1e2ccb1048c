// NodeDef: an operator of a graph, what goes into it and what it is set to.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/budget.h"
#include "base/protobuf.h"
#include "tensorflow/shape.h"

namespace tsinspect::tensorflow {

struct Node {
  std::string_view message;  // All of it.
  std::string_view name;
  std::string_view op;
  std::vector<std::string_view> inputs;  // "node", "node:1", "^node".
};

// Reads a node into *node, whose vector keeps its memory. Throws Error:
// kMalformed, kLimit where it has more inputs than the budget has memory for.
void read_node(MessageReader in, Budget* budget, Node* node);

// The AttrValue that a NodeDef has under that key; its data() is null if there
// is none. `text` is what offsets in errors count from. Throws
// Error(kMalformed).
std::string_view find_attribute(std::string_view node, std::string_view text,
                                std::string_view key);

// Of an AttrValue: the TensorProto in it, whose data() is null if there is
// none; the DataType, 0 if there is none; the shape, not known if there is
// none. Throw Error.
std::string_view tensor_of(std::string_view attribute, std::string_view text);
int64_t type_of(std::string_view attribute, std::string_view text);
Shape shape_of(std::string_view attribute, std::string_view text);

}  // namespace tsinspect::tensorflow
