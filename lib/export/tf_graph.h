// The graphs of a SavedModel, as far as adding outputs to its signatures needs:
// what is in them, and where in the file it lies. All views are of the file.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tsinspect {

struct TfNode {
  std::string_view message;
  std::string_view name, op;
  std::vector<std::string_view> inputs;
  std::unordered_map<std::string_view, std::string_view> attrs;  // AttrValues.

  // Those of other kinds, such as While, call functions with arguments of
  // their own making.
  bool is_call() const {
    return op == "PartitionedCall" || op == "StatefulPartitionedCall";
  }
};

// Of an AttrValue; 0 and empty where it is of another kind.
int64_t tf_type(std::string_view attr);
std::vector<int64_t> tf_types(std::string_view attr);
std::vector<std::string_view> tf_shapes(std::string_view attr);

// The function that an attribute names: its NameAttrList, and the name in it.
struct TfFunctionName {
  std::string_view message;
  std::string_view field;  // Tag, length and name.
  std::string_view name;
};
TfFunctionName tf_function_name(std::string_view attr);

struct TfOutputArg {
  std::string_view field;  // Tag, length and ArgDef.
  std::string_view name;
};

struct TfFunction {
  std::string_view message;    // FunctionDef.
  std::string_view signature;  // Its OpDef.
  std::string_view name;
  std::string_view name_field;  // Tag, length and name, in the OpDef.
  std::vector<std::string_view> inputs;
  std::vector<TfOutputArg> outputs;
  std::vector<TfNode> nodes;
  // By output: what is returned, "node:port:0".
  std::unordered_map<std::string_view, std::string_view> returned;
};

struct TfSignatureOutput {
  std::string_view key;
  std::string_view info;        // TensorInfo.
  std::string_view name_field;  // Tag, length and name; empty if it has none.
  std::string_view name;        // "StatefulPartitionedCall:0".
};

struct TfSignature {
  std::string_view key;
  std::string_view message;  // SignatureDef.
  std::string_view method;
  std::vector<std::string_view> inputs;  // Names of tensors.
  std::vector<TfSignatureOutput> outputs;
};

struct TfMetaGraph {
  std::string_view message;
  std::string_view library;  // FunctionDefLibrary.
  std::vector<TfNode> nodes;
  std::vector<TfFunction> functions;
  std::vector<TfSignature> signatures;
  // SavedConcreteFunctions by name.
  std::unordered_map<std::string_view, std::string_view> concrete_functions;
};

// Both throw Error(kMalformed).
std::vector<TfMetaGraph> read_saved_model_graphs(std::string_view file);
std::vector<TfNode> read_graph_nodes(std::string_view graph_def);

// The GraphDef of a file that is one, or a MetaGraphDef.
std::string_view graph_def_of(std::string_view file);

}  // namespace tsinspect
