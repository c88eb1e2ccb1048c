// The messages in a graph or a function, by what they are.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/budget.h"
#include "base/protobuf.h"

namespace tsinspect::onnx {

using Messages = std::vector<std::string_view>;

struct GraphParts {
  std::string_view message;  // All of it.
  std::string_view name;
  Messages initializers;         // TensorProto
  Messages sparse_initializers;  // SparseTensorProto
  Messages nodes;                // NodeProto
  Messages inputs;               // ValueInfoProto; a function's: just names.
  Messages outputs;              // The same.
  Messages values;               // ValueInfoProto
  Messages annotations;          // TensorAnnotation
  Messages attributes;           // AttributeProto: a function's defaults.
  std::string_view domain;       // Of a function, as is the next.
  std::string_view overload;
};

// Reads a GraphProto or a FunctionProto. Throws Error: kMalformed, kLimit where
// it has more messages than the budget has memory for.
GraphParts read_graph_parts(MessageReader in, Budget* budget);
GraphParts read_function_parts(MessageReader in, Budget* budget);

}  // namespace tsinspect::onnx
