// What an operator's inputs and attributes tell of its outputs' types: a table
// by operator. Nothing is told that the standard does not promise.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "export/onnx_graph.h"
#include "export/onnx_type.h"

namespace tsinspect {

// A node with what is known of what goes into it.
class OnnxCall {
 public:
  // The TypeProto of a value, and the TensorProto of one that is constant;
  // empty where there is none. Both may view memory of the graph.
  using Lookup = std::function<std::string_view(std::string_view)>;

  OnnxCall(const OnnxNode& node, int64_t opset, const Lookup& type,
           const Lookup& constant)
      : node(node), opset(opset), type_(type), constant_(constant) {}

  const OnnxNode& node;
  int64_t opset;

  size_t inputs() const { return node.inputs.size(); }
  bool has(size_t input) const {
    return input < inputs() && !node.inputs[input].empty();
  }
  // Empty where it is not known.
  std::string_view type_text(size_t input) const;
  std::optional<OnnxTensorType> type(size_t input) const;

  // The integers in a constant.
  std::optional<std::vector<int64_t>> integers(size_t input) const;

  // Of the attribute; `absent` where there is none.
  int64_t integer(const char* attribute, int64_t absent) const;
  std::optional<std::vector<int64_t>> list(const char* attribute) const;
  std::string_view text(const char* attribute) const;
  // Its TensorProto; empty if there is none.
  std::string_view tensor(const char* attribute) const;

 private:
  const Lookup& type_;
  const Lookup& constant_;
};

// The TypeProtos of the node's outputs, as many as are known, empty where one
// is not.
std::vector<std::string> infer_onnx_outputs(const OnnxCall& call);

}  // namespace tsinspect
