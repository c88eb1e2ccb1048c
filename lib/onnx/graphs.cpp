#include "onnx/graphs.h"

#include <fmt/format.h>

#include <algorithm>

#include "onnx/entries.h"
#include "onnx/fields.h"
#include "onnx/make_room.h"
#include "onnx/value_info.h"

namespace tsinspect::onnx {
namespace {

// What rows take. A node's number stands in its graph's list, too, and a
// graph's scope in the paths and a set. Lists whose size is not known grow by
// doubling.
constexpr uint64_t kNodeBytes = sizeof(DataflowNode) + sizeof(uint32_t);
constexpr uint64_t kGraphBytes = 2 * sizeof(DataflowGraph) + 256;
constexpr uint64_t kNameBytes = 2 * sizeof(std::string_view);

std::string dotted(std::string_view a, std::string_view b) {
  return fmt::format("{}{}{}", a, a.empty() || b.empty() ? "" : ".", b);
}

// What a quantization_annotation says.
QuantizedTensor read_annotation(MessageReader in, uint32_t graph) {
  using namespace tensor_annotation;
  QuantizedTensor names;
  names.graph = graph;
  while (in.next()) {
    if (in.field() == kTensorName) names.tensor = in.bytes("tensor_name");
    if (in.field() != kQuantParameterTensorNames) continue;
    Entry entry = read_entry(&in, "quant_parameter_tensor_names");
    if (entry.key == "SCALE_TENSOR") names.scale = entry.value;
    if (entry.key == "ZERO_POINT_TENSOR") names.zero_point = entry.value;
  }
  return names;
}

}  // namespace

void GraphReader::read_graph(std::string_view message, GraphPlace place) {
  if (place.depth > limits_.source_depth) {
    throw Error(ErrorKind::kLimit, fmt::format("graphs nest more than {} deep",
                                               limits_.source_depth));
  }
  GraphParts parts = read_graph_parts(reader(message, "GraphProto"), budget_);
  Graph graph = add_graph(parts, std::move(place));
  DataflowGraph& row = flow_->graphs[graph.index];
  add_values(parts.inputs, &row.inputs);
  add_values(parts.outputs, &row.outputs);
  add_values(parts.values, &row.values);
  read_initializers(parts, graph);
  read_annotations(parts, graph);
  read_nodes(parts.nodes, graph);
}

void GraphReader::read_function(std::string_view message) {
  GraphParts parts =
      read_function_parts(reader(message, "FunctionProto"), budget_);
  GraphPlace place;
  place.kind = DataflowGraphKind::kFunction;
  place.scope = dotted(dotted(parts.domain, parts.name), parts.overload);
  Graph graph = add_graph(parts, std::move(place));
  DataflowGraph& row = flow_->graphs[graph.index];
  add_value_names(parts.inputs, &row.inputs);
  add_value_names(parts.outputs, &row.outputs);
  add_values(parts.values, &row.values);
  for (std::string_view attribute : parts.attributes) {
    add_tensors(parts.name,
                read_attribute_proto(reader(attribute, "AttributeProto")),
                graph);
  }
  read_nodes(parts.nodes, graph);
}

GraphReader::Graph GraphReader::add_graph(const GraphParts& parts,
                                          GraphPlace place) {
  budget_->charge(kGraphBytes);
  DataflowGraph row;
  row.kind = place.kind;
  row.name = parts.name;
  row.scope = unique_scope(std::move(place.scope));
  row.parent = place.parent;
  row.message = parts.message;
  Graph graph;
  graph.index = static_cast<uint32_t>(flow_->graphs.size());
  graph.step = add_step(local_scope(row), place.step);
  graph.depth = place.depth;
  flow_->graphs.push_back(std::move(row));
  return graph;
}

std::string GraphReader::unique_scope(std::string scope) {
  budget_->charge(3 * scope.size());  // Here, in the graph, in the paths.
  std::string unique = scope;
  while (!scopes_.insert(unique).second) {
    unique = fmt::format("{}#{}", scope, ++renamed_scopes_ + 1);
  }
  return unique;
}

// Its scope behind that of the graph it is in.
std::string_view GraphReader::local_scope(const DataflowGraph& graph) const {
  std::string_view scope = graph.scope;
  if (graph.parent == kNoIndex) return scope;
  uint32_t outer = flow_->nodes[graph.parent].graph;
  size_t size = flow_->graphs[outer].scope.size();
  return scope.substr(size == 0 ? 0 : size + 1);
}

uint32_t GraphReader::add_step(std::string_view scope, uint32_t parent) {
  if (scope.empty()) return kNoIndex;
  std::string_view text = model_->objects.own(std::string(scope));
  ObjectRef key = model_->objects.add_bytes(ObjectKind::kString, text);
  model_->paths.push_back({parent, key, false});
  return static_cast<uint32_t>(model_->paths.size() - 1);
}

void GraphReader::add_values(const Messages& messages,
                             std::vector<ValueInfo>* values) {
  values->reserve(messages.size());
  for (std::string_view message : messages) {
    ValueInfo value =
        read_value_info(reader(message, "ValueInfoProto"), limits_);
    uint64_t rank = value.shape ? value.shape->size() : 0;
    budget_->charge(sizeof value + value.type.size() +
                    2 * sizeof(Dimension) * rank);
    values->push_back(std::move(value));
  }
}

void GraphReader::add_value_names(const Messages& names,
                                  std::vector<ValueInfo>* values) {
  budget_->charge(sizeof(ValueInfo) * names.size());
  values->reserve(names.size());
  for (std::string_view name : names) {
    values->push_back({name, "", std::nullopt, std::nullopt});
  }
}

void GraphReader::read_initializers(const GraphParts& parts,
                                    const Graph& graph) {
  size_t count = parts.initializers.size();
  make_room(&named_, count);
  tensors_->make_room(count);
  for (std::string_view message : parts.initializers) {
    TensorProto tensor = read_tensor_proto(reader(message, "TensorProto"));
    uint32_t row =
        tensors_->add(tensor, {tensor.name, Role::kInitializer, graph.step});
    named_.push_back({graph.index, tensor.name, row});
  }
  for (std::string_view message : parts.sparse_initializers) {
    SparseTensorProto tensor =
        read_sparse_tensor_proto(reader(message, "SparseTensorProto"));
    tensors_->add_sparse(tensor,
                         {tensor.name(), Role::kInitializer, graph.step});
  }
}

void GraphReader::read_annotations(const GraphParts& parts,
                                   const Graph& graph) {
  budget_->charge(2 * sizeof(QuantizedTensor) * parts.annotations.size());
  for (std::string_view message : parts.annotations) {
    annotated_.push_back(
        read_annotation(reader(message, "TensorAnnotation"), graph.index));
  }
}

void GraphReader::read_nodes(const Messages& nodes, const Graph& graph) {
  budget_->charge(kNodeBytes * nodes.size());
  make_room(&flow_->nodes, nodes.size());
  flow_->graphs[graph.index].nodes.reserve(nodes.size());
  Node node;
  for (std::string_view message : nodes) {
    read_node(reader(message, "NodeProto"), budget_, &node);
    uint32_t index = add_node(node, graph.index);
    MessageReader in = reader(message, "NodeProto");
    while (in.next()) {
      if (in.field() != node_proto::kAttribute) continue;
      Attribute attribute =
          read_attribute_proto(in.message("attribute", "AttributeProto"));
      read_attribute(node, index, attribute, graph);
    }
  }
}

uint32_t GraphReader::add_node(const Node& node, uint32_t graph) {
  auto index = static_cast<uint32_t>(flow_->nodes.size());
  NameRange inputs = add_names(node.inputs);
  NameRange outputs = add_names(node.outputs);
  flow_->nodes.push_back({node.name, node.op_type, node.domain, graph, inputs,
                          outputs, node.message});
  flow_->graphs[graph].nodes.push_back(index);
  return index;
}

NameRange GraphReader::add_names(const std::vector<std::string_view>& names) {
  budget_->charge(kNameBytes * names.size());
  NameRange range;
  range.begin = static_cast<uint32_t>(flow_->names.size());
  range.count = static_cast<uint32_t>(names.size());
  flow_->names.insert(flow_->names.end(), names.begin(), names.end());
  return range;
}

void GraphReader::read_attribute(const Node& node, uint32_t index,
                                 const Attribute& attribute,
                                 const Graph& graph) {
  if (node.is("Constant") && add_constant(node, attribute, graph)) return;
  add_tensors(node.label(), attribute, graph);
  add_graphs(node.label(), index, attribute, graph);
}

bool GraphReader::add_constant(const Node& node, const Attribute& attribute,
                               const Graph& graph) {
  TensorPlace place{node.label(), Role::kConstant, graph.step};
  uint32_t row = kNoIndex;
  if (attribute.name == "value" && attribute.tensor) {
    row = tensors_->add(
        read_tensor_proto(reader(*attribute.tensor, "TensorProto")), place);
  } else if (attribute.name == "sparse_value" && attribute.sparse_tensor) {
    tensors_->add_sparse(read_sparse_tensor_proto(reader(
                             *attribute.sparse_tensor, "SparseTensorProto")),
                         place);
    return true;
  } else {
    row = tensors_->add_plain(attribute, place);
  }
  if (row == kNoIndex) return false;
  named_.push_back({graph.index, place.name, row});
  return true;
}

void GraphReader::add_tensors(std::string_view label,
                              const Attribute& attribute, const Graph& graph) {
  auto place = [&](std::string_view suffix) {
    std::string name = dotted(dotted(label, attribute.name), suffix);
    budget_->charge(name.size());
    return TensorPlace{model_->objects.own(std::move(name)), Role::kAttribute,
                       graph.step};
  };
  auto add = [&](std::string_view message, const TensorPlace& at) {
    tensors_->add(read_tensor_proto(reader(message, "TensorProto")), at);
  };
  auto add_sparse = [&](std::string_view message, const TensorPlace& at) {
    tensors_->add_sparse(
        read_sparse_tensor_proto(reader(message, "SparseTensorProto")), at);
  };
  if (attribute.tensor) add(*attribute.tensor, place(""));
  if (attribute.sparse_tensor) add_sparse(*attribute.sparse_tensor, place(""));
  for (size_t i = 0; i < attribute.tensors.size(); ++i) {
    add(attribute.tensors[i], place(std::to_string(i)));
  }
  for (size_t i = 0; i < attribute.sparse_tensors.size(); ++i) {
    add_sparse(attribute.sparse_tensors[i], place(std::to_string(i)));
  }
}

void GraphReader::add_graphs(std::string_view label, uint32_t node,
                             const Attribute& attribute, const Graph& graph) {
  auto place = [&](std::string_view suffix) {
    std::string name = dotted(dotted(label, attribute.name), suffix);
    GraphPlace at;
    at.kind = DataflowGraphKind::kSubgraph;
    at.scope = dotted(flow_->graphs[graph.index].scope, name);
    at.parent = node;
    at.step = graph.step;
    at.depth = graph.depth + 1;
    return at;
  };
  if (attribute.graph) read_graph(*attribute.graph, place(""));
  for (size_t i = 0; i < attribute.graphs.size(); ++i) {
    read_graph(attribute.graphs[i], place(std::to_string(i)));
  }
}

}  // namespace tsinspect::onnx
