#include "export/onnx_graph.h"

#include "base/protobuf.h"
#include "export/message_edits.h"
#include "onnx/attribute.h"
#include "onnx/fields.h"
#include "onnx/tensor_proto.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using namespace onnx;

constexpr int kMaxDepth = 40;  // Of graphs in graphs.

class ModelReader {
 public:
  explicit ModelReader(std::string_view file) : file_(file) {}

  OnnxModel read() {
    MessageReader in(file_, file_, "ModelProto");
    while (in.next()) {
      if (in.field() == model_proto::kGraph) {
        read_graph(in.bytes("graph"), &model_.graph, 0);
      } else if (in.field() == model_proto::kFunctions) {
        read_function(in.bytes("function"));
      } else if (in.field() == model_proto::kOpsetImport) {
        read_opset(in.message("opset_import", "OperatorSetIdProto"));
      }
    }
    if (model_.graph.parts.empty()) {
      throw Error(ErrorKind::kUnsupported, "the model has no graph");
    }
    return std::move(model_);
  }

 private:
  std::string_view name(std::string_view name) {
    if (!name.empty()) model_.names.insert(name);
    return name;
  }

  void read_opset(MessageReader in) {
    std::string_view domain;
    int64_t version = 1;
    while (in.next()) {
      if (in.field() == operator_set_id_proto::kDomain) {
        domain = in.bytes("domain");
      } else if (in.field() == operator_set_id_proto::kVersion) {
        version = in.integer("version");
      }
    }
    if (domain.empty() || domain == "ai.onnx") model_.opset = version;
  }

  void read_graph(std::string_view message, OnnxGraph* graph, int depth) {
    if (depth > kMaxDepth) {
      throw Error(ErrorKind::kLimit, "graphs are nested too deep");
    }
    graph->parts.push_back(message);
    MessageReader in(message, file_, "GraphProto");
    while (in.next()) {
      switch (in.field()) {
        case graph_proto::kName:
          graph->name = in.bytes("name");
          break;
        case graph_proto::kNode:
          read_node(in.bytes("node"), graph, depth);
          break;
        case graph_proto::kInitializer:
          read_initializer(in.message("initializer", "TensorProto"), graph);
          break;
        case graph_proto::kSparseInitializer:
          read_sparse(in.message("sparse_initializer", "SparseTensorProto"),
                      graph);
          break;
        case graph_proto::kInput:
          graph->ordered_inputs.push_back(read_value(in.bytes("input"), graph));
          graph->inputs.insert(graph->ordered_inputs.back());
          break;
        case graph_proto::kOutput:
          graph->outputs.push_back(read_value(in.bytes("output"), graph));
          break;
        case graph_proto::kValueInfo:
          read_value(in.bytes("value_info"), graph);
          break;
      }
    }
  }

  void read_function(std::string_view message) {
    OnnxGraph& graph = model_.functions.emplace_back();
    graph.parts.push_back(message);
    MessageReader in(message, file_, "FunctionProto");
    while (in.next()) {
      switch (in.field()) {
        case function_proto::kName:
          graph.name = in.bytes("name");
          break;
        case function_proto::kDomain:
          graph.domain = in.bytes("domain");
          break;
        case function_proto::kOverload:
          graph.overload = in.bytes("overload");
          break;
        case function_proto::kNode:
          read_node(in.bytes("node"), &graph, 0);
          break;
        case function_proto::kInput:
          graph.inputs.insert(name(in.bytes("input")));
          break;
        case function_proto::kOutput:
          graph.outputs.push_back(name(in.bytes("output")));
          break;
        case function_proto::kValueInfo:
          read_value(in.bytes("value_info"), &graph);
          break;
      }
    }
  }

  void read_node(std::string_view message, OnnxGraph* graph, int depth) {
    OnnxNode& node = graph->nodes.emplace_back();
    node.message = message;
    MessageReader in(message, file_, "NodeProto");
    while (in.next()) {
      switch (in.field()) {
        case node_proto::kName:
          node.name = in.bytes("name");
          break;
        case node_proto::kOpType:
          node.op = in.bytes("op_type");
          break;
        case node_proto::kDomain:
          node.domain = in.bytes("domain");
          break;
        case node_proto::kOverload:
          node.overload = in.bytes("overload");
          break;
        case node_proto::kInput:
          node.inputs.push_back(name(in.bytes("input")));
          break;
        case node_proto::kOutput:
          node.outputs.push_back(name(in.bytes("output")));
          break;
        case node_proto::kAttribute:
          read_attribute(in.message("attribute", "AttributeProto"), &node,
                         depth);
          break;
      }
    }
  }

  void read_attribute(MessageReader in, OnnxNode* node, int depth) {
    Attribute attribute = read_attribute_proto(in);
    std::vector<std::string_view> graphs = attribute.graphs;
    if (attribute.graph) graphs.push_back(*attribute.graph);
    for (std::string_view message : graphs) {
      OnnxSubgraph& subgraph = node->subgraphs.emplace_back();
      subgraph.attribute = attribute.name;
      read_graph(message, &subgraph.graph.emplace_back(), depth + 1);
    }
  }

  std::string_view read_value(std::string_view message, OnnxGraph* graph) {
    MessageReader in(message, file_, "ValueInfoProto");
    std::string_view value;
    std::string_view type;
    while (in.next()) {
      if (in.field() == value_info_proto::kName) {
        value = name(in.bytes("name"));
      } else if (in.field() == value_info_proto::kType) {
        type = in.bytes("type");
      }
    }
    if (!type.empty()) graph->types.emplace(value, type);
    return value;
  }

  void read_initializer(MessageReader in, OnnxGraph* graph) {
    TensorProto tensor = read_tensor_proto(in);
    graph->initializers.emplace(name(tensor.name), tensor.message);
    graph->types.emplace(tensor.name,
                         onnx_tensor_type(tensor.data_type, tensor.dims));
  }

  void read_sparse(MessageReader in, OnnxGraph* graph) {
    SparseTensorProto tensor = read_sparse_tensor_proto(in);
    if (!tensor.values) return;
    graph->initializers.emplace(name(tensor.values->name),
                                tensor.values->message);
  }

  std::string_view file_;
  OnnxModel model_;
};

}  // namespace

std::string_view OnnxNode::label() const {
  if (!name.empty() || outputs.empty()) return name;
  return outputs[0];
}

std::string_view OnnxNode::attribute(std::string_view wanted) const {
  MessageReader in(message, message, "NodeProto");
  while (in.next()) {
    if (in.field() != node_proto::kAttribute) continue;
    std::string_view content = in.bytes("attribute");
    MessageReader fields(content, message, "AttributeProto");
    while (fields.next()) {
      if (fields.field() == attribute_proto::kName &&
          fields.bytes("name") == wanted) {
        return content;
      }
    }
  }
  return {};
}

OnnxModel read_onnx_model(std::string_view file) {
  return ModelReader(file).read();
}

std::string onnx_tensor_type(int64_t element_type,
                             const std::optional<std::vector<int64_t>>& shape) {
  namespace dimension = tensor_shape_proto_dimension;
  std::string tensor = varint_field(type_proto_tensor::kElemType,
                                    static_cast<uint64_t>(element_type));
  if (shape) {
    std::string dims;
    for (int64_t size : *shape) {
      dims += bytes_field(tensor_shape_proto::kDim,
                          size < 0 ? std::string()
                                   : varint_field(dimension::kDimValue,
                                                  static_cast<uint64_t>(size)));
    }
    tensor += bytes_field(type_proto_tensor::kShape, dims);
  }
  return bytes_field(type_proto::kTensorType, tensor);
}

}  // namespace tsinspect
