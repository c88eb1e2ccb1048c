// How a node gives what is computed in the graphs that it holds, or in the
// function that it calls.

#include <algorithm>

#include "export/onnx_exposer.h"
#include "export/onnx_type.h"
#include "onnx/fields.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using namespace onnx;

constexpr const char* kShapeMayChange =
    "its shape is not known to be the same in each iteration";
constexpr const char* kOtherOutputs =
    "the node does not have the outputs of its graph";
constexpr const char* kNoType = "its type is not known";

std::string inner_scope(const OnnxNode& node, std::string_view attribute) {
  return std::string(node.label()) + '/' + std::string(attribute) + '/';
}

// The type of the values of all iterations.
std::string stacked(const OnnxTensorType& type) {
  std::vector<int64_t> shape = {-1};
  shape.insert(shape.end(), type.shape->begin(), type.shape->end());
  return onnx_tensor_type(type.element, shape);
}

bool is_fixed(const OnnxTensorType& type) {
  return type.shape &&
         std::ranges::none_of(*type.shape, [](int64_t n) { return n < 0; });
}

// A Constant node that gives an empty tensor.
std::string empty_constant(std::string_view name, int64_t element) {
  constexpr uint64_t kTensor = 4;  // AttributeProto.AttributeType.
  std::string tensor =
      varint_field(tensor_proto::kDims, 0) +
      varint_field(tensor_proto::kDataType, static_cast<uint64_t>(element));
  std::string attribute = bytes_field(attribute_proto::kName, "value") +
                          bytes_field(attribute_proto::kT, tensor) +
                          varint_field(attribute_proto::kType, kTensor);
  return bytes_field(node_proto::kOutput, name) +
         bytes_field(node_proto::kOpType, "Constant") +
         bytes_field(node_proto::kAttribute, attribute);
}

const OnnxSubgraph* find_subgraph(const OnnxNode& node,
                                  std::string_view attribute) {
  auto found =
      std::ranges::find(node.subgraphs, attribute, &OnnxSubgraph::attribute);
  return found == node.subgraphs.end() ? nullptr : &*found;
}

}  // namespace

OnnxExposer::Values OnnxExposer::lift_loop(const OnnxNode& node,
                                           const std::string& scope,
                                           int depth) {
  const OnnxSubgraph* body = find_subgraph(node, "body");
  if (body == nullptr || node.subgraphs.size() != 1) return {};
  const OnnxGraph& graph = body->graph[0];
  std::string inner = inner_scope(node, body->attribute);
  ++loops_;
  Values found = graph_values(graph, scope + inner, depth + 1);
  --loops_;
  Values fit;
  for (const OnnxValue& value : found) {
    auto type = read_onnx_tensor_type(value.type);
    if (type && is_fixed(*type)) {
      fit.push_back(value);
    } else {
      leave_out({value}, scope + inner, kShapeMayChange);
    }
  }
  // A Loop's body gives whether to go on, too.
  size_t outputs = graph.outputs.size() - (node.is_standard("Loop") ? 1 : 0);
  if (fit.empty()) return {};
  if (graph.outputs.empty() || !fill_outputs(node, outputs)) {
    leave_out(fit, scope + inner, kOtherOutputs);
    return {};
  }
  Values lifted;
  for (const OnnxValue& value : fit) {
    give(graph, value.name, value.type);
    lifted.push_back({add_output(node, inner, value.name), value.op,
                      stacked(*read_onnx_tensor_type(value.type))});
  }
  // One for each scan output, where there are any.
  for (const char* name : {"scan_output_axes", "scan_output_directions"}) {
    std::string_view attribute = node.attribute(name);
    if (attribute.empty()) continue;
    for (size_t i = 0; i < fit.size(); ++i) {
      edits_.append(attribute, varint_field(attribute_proto::kInts, 0));
    }
  }
  return lifted;
}

OnnxExposer::Values OnnxExposer::lift_branches(const OnnxNode& node,
                                               const std::string& scope,
                                               int depth) {
  const OnnxSubgraph* branches[] = {find_subgraph(node, "then_branch"),
                                    find_subgraph(node, "else_branch")};
  if (branches[0] == nullptr || branches[1] == nullptr) return {};
  Values lifted;
  for (int i = 0; i < 2; ++i) {
    const OnnxGraph& graph = branches[i]->graph[0];
    const OnnxGraph& other = branches[1 - i]->graph[0];
    std::string inner = inner_scope(node, branches[i]->attribute);
    for (const OnnxValue& value :
         graph_values(graph, scope + inner, depth + 1)) {
      auto type = read_onnx_tensor_type(value.type);
      if (!type) {
        leave_out({value}, scope + inner, kNoType);
        continue;
      }
      if (lifted.empty() && !fill_outputs(node, graph.outputs.size())) {
        leave_out({value}, scope + inner, kOtherOutputs);
        continue;
      }
      std::string_view name = add_output(node, inner, value.name);
      std::string_view absent = new_name(std::string(name) + "/absent");
      give(graph, value.name, value.type);
      edits_.append(other.parts.back(),
                    bytes_field(graph_proto::kNode,
                                empty_constant(absent, type->element)));
      give(other, absent,
           onnx_tensor_type(type->element, std::vector<int64_t>{0}));
      lifted.push_back(
          {name, value.op, onnx_tensor_type(type->element, std::nullopt)});
    }
  }
  return lifted;
}

OnnxExposer::Values OnnxExposer::lift_call(const OnnxNode& node,
                                           size_t function,
                                           const std::string& scope,
                                           int depth) {
  const OnnxGraph& graph = model_->functions[function];
  const Values& values = function_values(function, depth);
  if (values.empty()) return {};
  std::string inner = std::string(node.label()) + '/';
  if (!fill_outputs(node, graph.outputs.size())) {
    leave_out(values, scope + inner,
              "the call has outputs that " + std::string(graph.name) +
                  " does not have");
    return {};
  }
  Values lifted;
  for (const OnnxValue& value : values) {
    lifted.push_back(
        {add_output(node, inner, value.name), value.op, value.type});
  }
  return lifted;
}

const OnnxExposer::Values& OnnxExposer::function_values(size_t function,
                                                        int depth) {
  auto done = function_values_.find(function);
  if (done != function_values_.end()) return done->second;
  const OnnxGraph& graph = model_->functions[function];
  if (!open_functions_.insert(function).second) {
    throw Error(ErrorKind::kMalformed,
                "a function calls itself: " + std::string(graph.name));
  }
  Values values = graph_values(graph, std::string(graph.name) + '/', depth + 1);
  for (const OnnxValue& value : values) {
    edits_.append(graph.parts.back(),
                  bytes_field(function_proto::kOutput, value.name));
  }
  open_functions_.erase(function);
  return function_values_.emplace(function, std::move(values)).first->second;
}

}  // namespace tsinspect
