// Which node, input or tensor a value of a graph comes from.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tsinspect/dataflow.h"

namespace tsinspect {

struct ValueSource {
  enum class Kind : uint8_t {
    kUnknown,
    kNode,    // Index into Dataflow::nodes.
    kInput,   // Of the graph's inputs.
    kTensor,  // Index into Model::tensors.
  };
  Kind kind = Kind::kUnknown;
  uint32_t graph = 0;  // That has it: the one that asks, or one around it.
  uint32_t index = 0;
  // Which of a node's outputs: 0 for the first.
  uint32_t output = 0;
};

// "node", of TensorFlow's "node:1", "node:port:0" and "^node".
std::string_view producer_name(std::string_view value);

// Whether a value of TensorFlow's stands only for the order of two nodes.
inline bool is_control(std::string_view value) {
  return value.starts_with('^');
}

// Of all graphs of a model, or of one and those around it.
class DataflowIndex {
 public:
  // The model has a dataflow, and outlives the index.
  explicit DataflowIndex(const Model& model);

  // Where the value that is called so in a graph comes from.
  ValueSource find(uint32_t graph, std::string_view value) const;

  // The value that an output of a graph is: another one in TensorFlow's
  // functions, whose results have names of their own.
  std::string_view output_value(uint32_t graph, std::string_view output) const;

  // The tensor that a node of TensorFlow or ONNX holds, a constant's; kNoIndex
  // if it is none.
  uint32_t tensor_of(const DataflowNode& node) const;

 private:
  struct Key {
    uint32_t graph;
    std::string_view name;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    size_t operator()(const Key& key) const {
      return std::hash<std::string_view>()(key.name) * 31 + key.graph;
    }
  };

  void add_tensors();
  void add_graph(uint32_t graph);
  void add(uint32_t graph, std::string_view name, ValueSource source);
  uint32_t tensor_in(uint32_t graph, std::string_view name) const;

  const Model& model_;
  const Dataflow& flow_;
  bool is_onnx_;
  std::unordered_map<Key, ValueSource, Hash> sources_;
  std::unordered_map<Key, std::string_view, Hash> results_;
  // By name, and the graph that a tensor's key path says it is in; the first
  // one if it says nothing.
  std::unordered_map<Key, uint32_t, Hash> tensors_;
};

}  // namespace tsinspect
