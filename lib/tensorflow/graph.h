// Adds TensorFlow's graphs, and the constants in them, to a Model.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/budget.h"
#include "tensorflow/node.h"
#include "tsinspect/dataflow.h"
#include "tsinspect/model.h"

namespace tsinspect::tensorflow {

class GraphReader {
 public:
  // Messages lie in model->files[file]. All must outlive this object.
  GraphReader(uint32_t file, Budget* budget, Dataflow* flow, Model* model);

  // Adds a GraphDef and the functions of its library. `scope` is that of
  // DataflowGraph; names of tensors and functions stand behind it, if it is not
  // empty. Throws Error.
  void read(std::string_view graph_def, const std::string& scope);

  // Results of a main graph that has no signatures to tell: the nodes that no
  // other takes anything from.
  void find_outputs(uint32_t graph);

 private:
  MessageReader reader(std::string_view message, const char* type) const {
    return {message, text_, type};
  }

  uint32_t add_graph(DataflowGraphKind kind, std::string_view name,
                     const std::string& scope, std::string_view message);
  void read_library(std::string_view library, const std::string& scope);
  void read_function(std::string_view function, const std::string& scope);
  void read_signature(MessageReader in, uint32_t graph);
  void add_node(std::string_view message, uint32_t graph);
  NameRange add_names(std::span<const std::string_view> names);
  void add_constant(uint32_t graph);
  void add_input(uint32_t graph);

  std::string_view text_;
  uint32_t file_;
  Budget* budget_;
  Dataflow* flow_;
  Model* model_;
  Node node_;  // The one read last.
};

}  // namespace tsinspect::tensorflow
