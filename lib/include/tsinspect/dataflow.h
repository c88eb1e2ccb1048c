// The graphs of an ONNX or TensorFlow model: nodes, what goes into them and
// what comes out, as the file has them.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "tsinspect/dtype.h"
#include "tsinspect/model.h"

namespace tsinspect {

// Strings here view into the file, but for those that are std::string.

// One dimension of a value's shape.
struct Dimension {
  int64_t size = -1;        // -1 where it is not fixed.
  std::string_view symbol;  // Its name then: "batch"; empty if it has none.
};

// A value that goes into a graph, comes out of it, or flows through it.
struct ValueInfo {
  std::string_view name;
  // "tensor", "sparse_tensor", "sequence(tensor)", "map(int64, tensor)",
  // "optional(tensor)", "resource", …; empty if the file does not say.
  std::string type;
  std::optional<DType> dtype;  // Of the tensors in it.
  // Unset: of no known rank.
  std::optional<std::vector<Dimension>> shape;
};

// A run of entries of Dataflow::names.
struct NameRange {
  uint32_t begin = 0;
  uint32_t count = 0;
};

struct DataflowNode {
  std::string_view name;    // May be empty in ONNX.
  std::string_view op;      // "Conv", "MatMul", the name of a function.
  std::string_view domain;  // ONNX's; empty is ai.onnx. TensorFlow has none.
  uint32_t graph = 0;       // Index into Dataflow::graphs.
  // Of values, as the file names them. ONNX: an empty one is left out.
  // TensorFlow: "node", "node:1", "^node" (only its order counts), and in
  // functions "node:port:0" and the names of arguments.
  NameRange inputs;
  // ONNX: of values. TensorFlow: the node's own name.
  NameRange outputs;
  std::string_view message;  // The NodeProto or NodeDef, attributes and all.
};

enum class DataflowGraphKind : uint8_t {
  kMain,      // main: of the model, or of one of its meta graphs
  kSubgraph,  // subgraph: a node's attribute
  kFunction,  // function: of the model's library
};

const char* to_string(DataflowGraphKind kind);

struct DataflowGraph {
  DataflowGraphKind kind = DataflowGraphKind::kMain;
  std::string_view name;
  // What names it in the model, unique: empty for the first main graph; a
  // node's output and its attribute, "loop.body", behind its graph's own; a
  // function's name.
  std::string scope;
  uint32_t parent = kNoIndex;   // Of a subgraph: index into Dataflow::nodes.
  std::vector<uint32_t> nodes;  // Indices into Dataflow::nodes, in file order.
  std::vector<ValueInfo> inputs;
  std::vector<ValueInfo> outputs;
  std::vector<ValueInfo> values;  // Those in between that the file describes.
  std::string_view message;       // The GraphProto, GraphDef or FunctionDef.
};

// A value of a signature, under the name that callers give it.
struct SignatureValue {
  std::string_view key;  // "images"
  ValueInfo value;       // Its name is the graph's: "serving_default_images:0".
};

// A way to call a SavedModel.
struct Signature {
  std::string_view name;    // "serving_default"
  std::string_view method;  // "tensorflow/serving/predict"
  std::vector<SignatureValue> inputs;
  std::vector<SignatureValue> outputs;
};

// A set of operators that the model is written in.
struct OpsetImport {
  std::string_view domain;  // Empty is ai.onnx.
  int64_t version = 0;
};

struct Dataflow {
  std::vector<DataflowGraph> graphs;  // The main one first.
  std::vector<DataflowNode> nodes;
  std::vector<std::string_view> names;
  std::vector<Signature> signatures;     // TensorFlow's.
  std::vector<OpsetImport> opsets;       // ONNX's.
  std::vector<std::string_view> tags;    // Of a SavedModel's meta graph.
  std::vector<std::string_view> assets;  // Names of a SavedModel's files.
  // What the producer noted: ONNX's metadata_props, key and value.
  std::vector<std::pair<std::string_view, std::string_view>> metadata;

  std::span<const std::string_view> of(NameRange range) const {
    return std::span(names).subspan(range.begin, range.count);
  }
};

// One value of an attribute: a truth, a number, or a text, which is the file's
// own for Type "string", and ours for what has no value of its own: a dtype's
// name, "[1, 3, ?]" for a shape, "float32 [3, 4]" for a tensor, the name of a
// graph or function.
using AttributeItem = std::variant<bool, int64_t, double, std::string>;

// What a node is set to.
struct NodeAttribute {
  std::string_view name;  // "strides"
  // Of the items: "int", "float", "string", "bool", "type", "shape", "tensor",
  // "graph", "function", "reference" to an attribute of the function the node
  // is in; empty where it has no value.
  std::string type;
  bool is_list = false;
  std::vector<AttributeItem> items;  // One, unless it is a list.
  uint64_t left_out = 0;             // Items of a list beyond the first 1,000.
};

// The attributes of a node of the model's graphs, in the file's order. Throws
// Error(kMalformed) where its message cannot be read, Error(kLimit) where it
// has more than 10,000.
std::vector<NodeAttribute> node_attributes(const Model& model,
                                           const DataflowNode& node);

}  // namespace tsinspect
