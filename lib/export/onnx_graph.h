// The graphs of an ONNX model, as far as adding outputs to them needs: what is
// in them, and where in the file it lies.

#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace tsinspect {

// All views are of the file, but for types that were inferred.

struct OnnxGraph;

struct OnnxSubgraph {
  std::string_view attribute;    // Its name: "then_branch".
  std::vector<OnnxGraph> graph;  // One.
};

struct OnnxNode {
  std::string_view message;
  std::string_view name, op, domain, overload;
  std::vector<std::string_view> inputs, outputs;  // Empty where left out.
  std::vector<OnnxSubgraph> subgraphs;

  // Of the standard operators.
  bool is_standard() const { return domain.empty() || domain == "ai.onnx"; }
  bool is_standard(std::string_view name) const {
    return is_standard() && op == name;
  }
  // What to call it: its name, else its first output's.
  std::string_view label() const;
  // An AttributeProto; empty if it has none of that name.
  std::string_view attribute(std::string_view name) const;
};

struct OnnxGraph {
  // A graph, or a function: the GraphProto or FunctionProto, in parts where a
  // model has it in several.
  std::vector<std::string_view> parts;
  std::string_view name, domain, overload;  // The last two are a function's.
  std::vector<OnnxNode> nodes;
  std::unordered_set<std::string_view> inputs;
  std::vector<std::string_view> ordered_inputs;
  std::vector<std::string_view> outputs;
  // TypeProtos by value, those of initializers made from their TensorProtos.
  std::unordered_map<std::string_view, std::string> types;
  // TensorProtos of initializers.
  std::unordered_map<std::string_view, std::string_view> initializers;
};

struct OnnxModel {
  OnnxGraph graph;
  std::vector<OnnxGraph> functions;
  int64_t opset = 1;  // Of the standard operators.
  // All names of values, wherever they are.
  std::set<std::string_view> names;
};

// Throws Error(kMalformed), kUnsupported where there is no graph, and kLimit
// for graphs in graphs in graphs without an end.
OnnxModel read_onnx_model(std::string_view file);

// The TypeProto of a dense tensor; of unknown rank where `shape` is unset. A
// dimension of -1 is not known.
std::string onnx_tensor_type(int64_t element_type,
                             const std::optional<std::vector<int64_t>>& shape);

}  // namespace tsinspect
