// NodeProto and the names in it.

#pragma once

#include <string_view>
#include <vector>

#include "base/budget.h"
#include "base/protobuf.h"

namespace tsinspect::onnx {

struct Node {
  std::string_view message;  // All of it.
  std::string_view name;     // May be empty.
  std::string_view op_type;
  std::string_view domain;
  std::vector<std::string_view> inputs;  // Empty ones are left out.
  std::vector<std::string_view> outputs;

  // What its attributes go by: the first output that has a name, else its own
  // name, else its operator.
  std::string_view label() const;

  // Whether it is of ONNX's own operators, and named so.
  bool is(std::string_view op) const;
};

// Reads a node into *node, whose vectors keep their memory. Throws
// Error(kMalformed), and kLimit where it has more names than the budget has
// memory for. Its attributes are fields of the message.
void read_node(MessageReader in, Budget* budget, Node* node);

}  // namespace tsinspect::onnx
