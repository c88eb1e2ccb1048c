#include "analysis/dataflow_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "analysis/dataflow_index.h"
#include "analysis/graph_nodes.h"
#include "base/printable.h"
#include "tsinspect/dataflow.h"
#include "tsinspect/names.h"

namespace tsinspect {
namespace {

using Kind = ValueSource::Kind;

constexpr std::array<std::string_view, 2> kPassed = {"Identity",
                                                     "ReadVariableOp"};
constexpr std::array<std::string_view, 3> kVariables = {
    "VarHandleOp", "VariableV2", "Variable"};
constexpr std::array<std::string_view, 2> kPlaceholders = {
    "Placeholder", "PlaceholderWithDefault"};

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// The function that a node calls; kNoIndex if it calls none.
class Functions {
 public:
  explicit Functions(const Model& model) : model_(model) {
    const auto& graphs = model.dataflow->graphs;
    for (uint32_t i = 0; i < graphs.size(); ++i) {
      if (graphs[i].kind == DataflowGraphKind::kFunction) {
        rows_.try_emplace(graphs[i].name, i);
      }
    }
  }

  uint32_t called_by(const DataflowNode& node) const {
    if (rows_.empty()) return kNoIndex;
    if (auto own = rows_.find(node.op); own != rows_.end()) return own->second;
    if (node.op.find("Call") == node.op.npos) return kNoIndex;
    for (const NodeAttribute& attribute : node_attributes(model_, node)) {
      if (attribute.type != "function" || attribute.items.empty()) continue;
      auto row = rows_.find(std::get<std::string>(attribute.items[0]));
      if (row != rows_.end()) return row->second;
    }
    return kNoIndex;
  }

 private:
  const Model& model_;
  std::unordered_map<std::string_view, uint32_t> rows_;
};

// Nodes of a graph that some values are made of.
std::unordered_set<uint32_t> nodes_behind(
    const DataflowIndex& index, const Dataflow& flow, uint32_t graph,
    const std::vector<std::string_view>& values) {
  std::unordered_set<uint32_t> found;
  std::vector<std::string_view> open(values);
  while (!open.empty()) {
    ValueSource source = index.find(graph, open.back());
    open.pop_back();
    if (source.kind != Kind::kNode || source.graph != graph) continue;
    if (!found.insert(source.index).second) continue;
    for (std::string_view input : flow.of(flow.nodes[source.index].inputs)) {
      if (!is_control(input)) open.push_back(input);
    }
  }
  return found;
}

// A graph, and which of its nodes are meant.
struct GraphPart {
  uint32_t graph = 0;
  std::optional<std::unordered_set<uint32_t>> nodes;  // Unset: all.
  const Signature* signature = nullptr;
};

// Where a graph does nothing but call one function, that function.
GraphPart descend(const Model& model, const Functions& functions,
                  GraphPart part) {
  const Dataflow& flow = *model.dataflow;
  for (size_t depth = 0; depth < flow.graphs.size(); ++depth) {
    uint32_t called = kNoIndex;
    for (uint32_t at : flow.graphs[part.graph].nodes) {
      const DataflowNode& node = flow.nodes[at];
      if (part.nodes && !part.nodes->contains(at)) continue;
      bool does_nothing = contains(kPassed, node.op) || node.op == "Const" ||
                          node.op == "NoOp" || contains(kVariables, node.op) ||
                          contains(kPlaceholders, node.op);
      if (does_nothing) continue;
      uint32_t function = functions.called_by(node);
      if (function == kNoIndex || called != kNoIndex) return part;
      called = function;
    }
    if (called == kNoIndex) return part;
    part = {called, std::nullopt, nullptr};
  }
  return part;
}

GraphPart part_of(const Model& model, const DataflowIndex& index,
                  const Signature& signature) {
  std::vector<std::string_view> outputs;
  for (const SignatureValue& output : signature.outputs) {
    outputs.push_back(output.value.name);
  }
  return {0, nodes_behind(index, *model.dataflow, 0, outputs), &signature};
}

GraphPart find_part(const Model& model, const DataflowIndex& index,
                    std::string_view name) {
  const Dataflow& flow = *model.dataflow;
  if (name == "main" && !flow.graphs.empty()) return {0, std::nullopt, nullptr};
  for (uint32_t i = 0; i < flow.graphs.size(); ++i) {
    const DataflowGraph& graph = flow.graphs[i];
    if (graph.scope == name && !name.empty()) return {i, std::nullopt, nullptr};
  }
  for (const Signature& signature : flow.signatures) {
    if (signature.name != name) continue;
    return descend(model, Functions(model), part_of(model, index, signature));
  }
  std::vector<std::string_view> names = {"main"};
  for (uint32_t i = 0; i < flow.graphs.size(); ++i) {
    if (flow.graphs[i].name == name) return {i, std::nullopt, nullptr};
    names.push_back(flow.graphs[i].scope);
  }
  for (const Signature& signature : flow.signatures) {
    names.push_back(signature.name);
  }
  std::string near = closest_name(name, names);
  throw Error(
      ErrorKind::kNotFound,
      fmt::format("no graph, function or signature is named {}{}", quoted(name),
                  near.empty() ? "; `tsinspect info` lists them"
                               : "; did you mean " + quoted(near) + "?"));
}

class DataflowPicture {
 public:
  DataflowPicture(const Model& model, const DataflowIndex& index,
                  const GraphPart& part, bool all)
      : model_(model),
        flow_(*model.dataflow),
        index_(index),
        part_(part),
        functions_(model),
        all_(all) {
    const DataflowGraph& graph = flow_.graphs[part.graph];
    for (uint32_t i = 0; i < graph.inputs.size(); ++i) input_node(i);
    for (uint32_t at : graph.nodes) {
      if (part.nodes && !part.nodes->contains(at)) continue;
      if (is_drawn(flow_.nodes[at])) node_of(at);
    }
    for (uint32_t at : graph.nodes) {
      auto node = nodes_.find(at);
      if (node != nodes_.end()) take_inputs(flow_.nodes[at], node->second);
      if (graph_.truncated) return;
    }
    if (part.signature != nullptr) {
      for (const SignatureValue& output : part.signature->outputs) {
        add_output(output.value, output.key);
      }
    } else {
      for (const ValueInfo& output : graph.outputs) {
        add_output(output, output.name);
      }
    }
  }

  Graph take() { return std::move(graph_); }

 private:
  // Constants and variables are drawn where they are taken.
  bool is_drawn(const DataflowNode& node) const {
    if (all_) return true;
    return !contains(kPassed, node.op) && !contains(kVariables, node.op) &&
           node.op != "NoOp" && node.op != "Const" && node.op != "Constant";
  }

  uint32_t input_node(uint32_t input) {
    auto [place, is_new] = inputs_.try_emplace(input, 0);
    if (is_new) {
      const ValueInfo& value = flow_.graphs[part_.graph].inputs[input];
      place->second = add_node(&graph_, GraphNodeKind::kParameter, value.name,
                               value.name, value_text(value));
    }
    return place->second;
  }

  uint32_t tensor_node(uint32_t row) {
    auto [place, is_new] = tensors_.try_emplace(row, 0);
    if (is_new) {
      const Tensor& tensor = model_.tensors[row];
      place->second = add_node(&graph_, GraphNodeKind::kConstant, tensor.name,
                               tensor.display_name(), tensor_text(tensor));
    }
    return place->second;
  }

  uint32_t node_of(uint32_t at) {
    auto [place, is_new] = nodes_.try_emplace(at, 0);
    if (!is_new) return place->second;
    const DataflowNode& node = flow_.nodes[at];
    std::string_view name = node.name;
    std::string op = node.domain.empty()
                         ? std::string(node.op)
                         : fmt::format("{}::{}", node.domain, node.op);
    uint32_t called = functions_.called_by(node);
    if (contains(kPlaceholders, node.op)) {
      place->second =
          add_node(&graph_, GraphNodeKind::kParameter, name, name, "");
    } else if (contains(kVariables, node.op)) {
      place->second =
          add_node(&graph_, GraphNodeKind::kAttribute, name, name, "");
    } else if (called != kNoIndex) {
      std::string_view function = flow_.graphs[called].name;
      place->second = add_node(&graph_, GraphNodeKind::kCall, function, node.op,
                               function == node.op ? name : function);
    } else {
      place->second =
          add_node(&graph_, GraphNodeKind::kOperator, op, node.op, name);
    }
    return place->second;
  }

  // The node that a value is drawn as; kNoIndex if it comes from nowhere.
  uint32_t drawn(std::string_view value, uint32_t* output) {
    uint32_t graph = part_.graph;
    for (size_t steps = 0; steps < flow_.nodes.size() + 1; ++steps) {
      ValueSource source = index_.find(graph, value);
      *output = source.output;
      graph = source.graph;
      if (source.kind == Kind::kTensor) return tensor_node(source.index);
      if (source.kind == Kind::kInput) {
        if (source.graph == part_.graph) return input_node(source.index);
        return outer_node(value);
      }
      if (source.kind == Kind::kUnknown) return kNoIndex;
      const DataflowNode& node = flow_.nodes[source.index];
      if (source.graph != part_.graph) return outer_node(value);
      uint32_t tensor = index_.tensor_of(node);
      if (tensor != kNoIndex) return tensor_node(tensor);
      auto inputs = flow_.of(node.inputs);
      bool passes = !all_ && contains(kPassed, node.op) && !inputs.empty();
      if (!passes) return node_of(source.index);
      value = inputs[0];
    }
    return kNoIndex;
  }

  // A value of a graph around this one.
  uint32_t outer_node(std::string_view value) {
    auto [place, is_new] = outer_.try_emplace(value, 0);
    if (is_new) {
      place->second = add_node(&graph_, GraphNodeKind::kParameter, value, value,
                               "of the graph around it");
    }
    return place->second;
  }

  void take_inputs(const DataflowNode& node, uint32_t to) {
    for (std::string_view input : flow_.of(node.inputs)) {
      if (input.empty() || (is_control(input) && !all_)) continue;
      add_edge(input, to);
    }
  }

  void add_edge(std::string_view value, uint32_t to) {
    uint32_t output = 0;
    uint32_t from = drawn(value, &output);
    if (from == kNoIndex) return;
    if (graph_.edges.size() >= kGraphCalls) {
      graph_.truncated = true;
      return;
    }
    std::string label = is_control(value) ? "order"
                        : output > 0      ? fmt::format("[{}]", output)
                                          : std::string();
    graph_.edges.push_back({from, to, GraphEdgeKind::kValue, label});
  }

  void add_output(const ValueInfo& value, std::string_view name) {
    uint32_t to = add_node(&graph_, GraphNodeKind::kReturn, value.name, name,
                           value_text(value));
    add_edge(index_.output_value(part_.graph, value.name), to);
  }

  const Model& model_;
  const Dataflow& flow_;
  const DataflowIndex& index_;
  const GraphPart& part_;
  Functions functions_;
  bool all_;
  std::unordered_map<uint32_t, uint32_t> inputs_, tensors_, nodes_;
  std::unordered_map<std::string_view, uint32_t> outer_;
  Graph graph_;
};

}  // namespace

std::string value_text(const ValueInfo& value) {
  std::string text;
  if (!value.type.empty() && value.type != "tensor") text = value.type;
  if (value.dtype) {
    text += fmt::format("{}{}", text.empty() ? "" : " ",
                        dtype_info(*value.dtype).name);
  }
  if (!value.shape) return text;
  text += text.empty() ? "[" : " [";
  for (size_t i = 0; i < value.shape->size(); ++i) {
    const Dimension& dimension = (*value.shape)[i];
    if (i > 0) text += ", ";
    if (dimension.size >= 0) {
      fmt::format_to(std::back_inserter(text), "{}", dimension.size);
    } else {
      text += dimension.symbol.empty() ? "?" : dimension.symbol;
    }
  }
  return text + "]";
}

uint32_t body_graph(const Model& model) {
  const Dataflow& flow = *model.dataflow;
  if (flow.graphs.empty()) return kNoIndex;
  Functions functions(model);
  if (flow.signatures.empty()) return descend(model, functions, {}).graph;
  DataflowIndex index(model);
  auto serving =
      std::ranges::find(flow.signatures, "serving_default", &Signature::name);
  if (serving == flow.signatures.end()) serving = flow.signatures.begin();
  return descend(model, functions, part_of(model, index, *serving)).graph;
}

Graph dataflow_flow_graph(const Model& model, std::string_view name,
                          const GraphOptions& options) {
  DataflowIndex index(model);
  GraphPart part = find_part(model, index, name);
  return DataflowPicture(model, index, part, options.all).take();
}

}  // namespace tsinspect
