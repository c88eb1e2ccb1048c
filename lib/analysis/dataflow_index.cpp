#include "analysis/dataflow_index.h"

#include "tensorflow/function_results.h"

namespace tsinspect {

std::string_view producer_name(std::string_view value) {
  if (is_control(value)) value.remove_prefix(1);
  return value.substr(0, value.find(':'));
}

namespace {

// Which output "node:1" or "node:port:1" is.
uint32_t output_number(std::string_view value) {
  size_t colon = value.rfind(':');
  if (colon == value.npos) return 0;
  uint32_t number = 0;
  for (char c : value.substr(colon + 1)) {
    if (c < '0' || c > '9' || number > 100'000) return 0;
    number = number * 10 + static_cast<uint32_t>(c - '0');
  }
  return number;
}

}  // namespace

DataflowIndex::DataflowIndex(const Model& model)
    : model_(model),
      flow_(*model.dataflow),
      is_onnx_(model.form == Form::kOnnx) {
  add_tensors();
  for (uint32_t i = 0; i < flow_.graphs.size(); ++i) add_graph(i);
}

// A tensor of a graph in a node or of a function has that graph's scope as the
// step before its name.
void DataflowIndex::add_tensors() {
  std::unordered_map<std::string_view, uint32_t> scopes;
  for (uint32_t i = 0; i < flow_.graphs.size(); ++i) {
    scopes.try_emplace(flow_.graphs[i].scope, i);
  }
  auto graph_of = [&](const Tensor& tensor) {
    if (tensor.path >= model_.paths.size()) return uint32_t{0};
    uint32_t parent = model_.paths[tensor.path].parent;
    if (parent >= model_.paths.size()) return uint32_t{0};
    auto place = scopes.find(model_.objects.bytes(model_.paths[parent].key));
    return place == scopes.end() ? 0 : place->second;
  };
  for (uint32_t i = 0; i < model_.tensors.size(); ++i) {
    const Tensor& tensor = model_.tensors[i];
    tensors_.try_emplace({graph_of(tensor), tensor.name}, i);
  }
}

void DataflowIndex::add(uint32_t graph, std::string_view name,
                        ValueSource source) {
  if (!name.empty()) sources_.try_emplace({graph, name}, source);
}

void DataflowIndex::add_graph(uint32_t graph) {
  using Kind = ValueSource::Kind;
  const DataflowGraph& row = flow_.graphs[graph];
  for (uint32_t at : row.nodes) {
    const DataflowNode& node = flow_.nodes[at];
    uint32_t output = 0;
    for (std::string_view name : flow_.of(node.outputs)) {
      add(graph, name, {Kind::kNode, graph, at, output++});
    }
  }
  for (uint32_t i = 0; i < row.inputs.size(); ++i) {
    // An old ONNX model lists its initializers among its inputs.
    std::string_view name = row.inputs[i].name;
    if (is_onnx_ && tensor_in(graph, name) != kNoIndex) continue;
    add(graph, producer_name(name), {Kind::kInput, graph, i, 0});
  }
  if (is_onnx_ || row.kind != DataflowGraphKind::kFunction) return;
  for (auto [name, value] : tensorflow::function_results(row.message)) {
    results_.try_emplace({graph, name}, value);
  }
}

uint32_t DataflowIndex::tensor_in(uint32_t graph, std::string_view name) const {
  auto place = tensors_.find({graph, name});
  if (place != tensors_.end()) return place->second;
  const std::string& scope = flow_.graphs[graph].scope;
  if (scope.empty()) return kNoIndex;
  std::string full = scope;
  full += '/';
  full += name;
  place = tensors_.find({0, full});
  return place == tensors_.end() ? kNoIndex : place->second;
}

std::string_view DataflowIndex::output_value(uint32_t graph,
                                             std::string_view output) const {
  auto place = results_.find({graph, output});
  return place == results_.end() ? output : place->second;
}

ValueSource DataflowIndex::find(uint32_t graph, std::string_view value) const {
  std::string_view name = is_onnx_ ? value : producer_name(value);
  // Graphs in nodes see what is around them; they nest no deeper than the
  // reader allows.
  while (graph < flow_.graphs.size()) {
    auto place = sources_.find({graph, name});
    if (place != sources_.end()) {
      ValueSource source = place->second;
      if (!is_onnx_) source.output = output_number(value);
      return source;
    }
    uint32_t tensor = is_onnx_ ? tensor_in(graph, name) : kNoIndex;
    if (tensor != kNoIndex) {
      return {ValueSource::Kind::kTensor, graph, tensor, 0};
    }
    uint32_t parent = flow_.graphs[graph].parent;
    if (parent >= flow_.nodes.size()) break;
    graph = flow_.nodes[parent].graph;
  }
  return {};
}

uint32_t DataflowIndex::tensor_of(const DataflowNode& node) const {
  bool is_constant = node.op == "Const" || node.op == "Constant";
  auto outputs = flow_.of(node.outputs);
  if (!is_constant || outputs.empty()) return kNoIndex;
  return tensor_in(node.graph, outputs[0]);
}

}  // namespace tsinspect
