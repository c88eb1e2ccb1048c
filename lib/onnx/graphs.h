// Walks the graphs of an ONNX model, with the graphs in their nodes.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "onnx/graph_parts.h"
#include "onnx/node.h"
#include "onnx/quantization.h"
#include "onnx/tensors.h"
#include "tsinspect/dataflow.h"

namespace tsinspect::onnx {

// What a graph is to the model that it is read for.
struct GraphPlace {
  DataflowGraphKind kind = DataflowGraphKind::kMain;
  std::string scope;           // As DataflowGraph::scope, but for its being
                               // unique.
  uint32_t parent = kNoIndex;  // Index into Dataflow::nodes.
  uint32_t step = kNoIndex;    // Of Model::paths: of the graph that it is in.
  uint32_t depth = 1;
};

class GraphReader {
 public:
  // `text` is what offsets in errors count from. All but it must outlive this
  // object.
  GraphReader(std::string_view text, const Limits& limits, Budget* budget,
              TensorAdder* tensors, Dataflow* flow, Model* model)
      : text_(text),
        limits_(limits),
        budget_(budget),
        tensors_(tensors),
        flow_(flow),
        model_(model) {}

  // Adds a GraphProto: its tensors, then its nodes and what is in them. Throws
  // Error.
  void read_graph(std::string_view message, GraphPlace place);

  // The same of a FunctionProto, whose scope is its name.
  void read_function(std::string_view message);

  // Notes which tensors are scales and zero points of others. The last call.
  void note_quantization() const {
    find_quantization(*flow_, named_, annotated_, model_);
  }

 private:
  // The graph that is being read.
  struct Graph {
    uint32_t index = 0;  // In Dataflow::graphs.
    uint32_t step = kNoIndex;
    uint32_t depth = 0;
  };

  MessageReader reader(std::string_view message, const char* type) const {
    return {message, text_, type};
  }

  Graph add_graph(const GraphParts& parts, GraphPlace place);
  std::string unique_scope(std::string scope);
  std::string_view local_scope(const DataflowGraph& graph) const;
  uint32_t add_step(std::string_view scope, uint32_t parent);
  void add_values(const Messages& messages, std::vector<ValueInfo>* values);
  void add_value_names(const Messages& names, std::vector<ValueInfo>* values);

  void read_initializers(const GraphParts& parts, const Graph& graph);
  void read_annotations(const GraphParts& parts, const Graph& graph);
  void read_nodes(const Messages& nodes, const Graph& graph);
  uint32_t add_node(const Node& node, uint32_t graph);
  NameRange add_names(const std::vector<std::string_view>& names);
  void read_attribute(const Node& node, uint32_t index,
                      const Attribute& attribute, const Graph& graph);

  // Adds the tensors of an attribute of the node or function of that label.
  void add_tensors(std::string_view label, const Attribute& attribute,
                   const Graph& graph);
  bool add_constant(const Node& node, const Attribute& attribute,
                    const Graph& graph);
  void add_graphs(std::string_view label, uint32_t node,
                  const Attribute& attribute, const Graph& graph);

  std::string_view text_;
  const Limits& limits_;
  Budget* budget_;
  TensorAdder* tensors_;
  Dataflow* flow_;
  Model* model_;
  std::unordered_set<std::string> scopes_;
  uint64_t renamed_scopes_ = 0;
  std::vector<NamedTensor> named_;
  std::vector<QuantizedTensor> annotated_;
};

}  // namespace tsinspect::onnx
