// Graphs of a model that has a dataflow: see flow_graph() and module_graph().

#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "tsinspect/dataflow.h"
#include "tsinspect/graph.h"

namespace tsinspect {

// How values flow through one graph: "main", that of a signature, or one by its
// scope or name.
Graph dataflow_flow_graph(const Model& model, std::string_view name,
                          const GraphOptions& options);

// Between which name scopes values flow.
Graph dataflow_scope_graph(const Model& model, const GraphOptions& options);

// The graph that does a model's work: the main one, or, where that only calls a
// function, the function.
uint32_t body_graph(const Model& model);

// "layer1.0.conv1" of "/layer1/layer1.0/conv1/Conv": what a node's name says of
// the module it is of. `separator` is what stands between its parts.
std::string scope_path(std::string_view node, char separator);

// The modules that names in one graph tell of. TensorFlow names what an
// operator takes after the operator, "conv1/Conv2D/ReadVariableOp": that is of
// module "conv1", for "conv1/Conv2D" is a node.
class NodeScopes {
 public:
  NodeScopes(const Dataflow& flow, uint32_t graph);

  // As scope_path(), of the name of a node or of a tensor in the graph.
  std::string of(std::string_view name, char separator) const;

 private:
  std::unordered_set<std::string_view> nodes_;
};

// "float32 [batch, 3]" of a value; empty if the file says nothing of it.
std::string value_text(const ValueInfo& value);

}  // namespace tsinspect
