#include <fmt/format.h>

#include <algorithm>

#include "analysis/dataflow_index.h"
#include "base/printable.h"
#include "render/dataflow.h"
#include "render/node.h"
#include "render/table.h"
#include "render/text.h"

namespace tsinspect::cli {
namespace {

constexpr size_t kColumns = 100;
constexpr size_t kNodesShown = 40;

std::string graph_name(const DataflowGraph& graph) {
  return graph.scope.empty() ? "main" : printable(graph.scope, kColumns);
}

std::string op_text(const DataflowNode& node) {
  if (node.domain.empty()) return printable(node.op, kColumns);
  return printable(node.domain, kColumns) + "::" + printable(node.op, kColumns);
}

// What the file says of a value; null if nothing.
const ValueInfo* describe(const DataflowGraph& graph, std::string_view name) {
  for (const auto* list : {&graph.inputs, &graph.outputs, &graph.values}) {
    auto value = std::ranges::find(*list, name, &ValueInfo::name);
    if (value != list->end()) return &*value;
  }
  return nullptr;
}

std::string value_text(const DataflowGraph& graph, std::string_view name) {
  const ValueInfo* value = describe(graph, name);
  if (value != nullptr) return value_line(*value);
  return name.empty() ? "(left out)" : printable(name, kColumns);
}

// Where a value comes from: "Relu relu1", "initializer float32 [3]".
std::string source_text(const Model& model, const ValueSource& source) {
  const Dataflow& flow = *model.dataflow;
  switch (source.kind) {
    case ValueSource::Kind::kNode: {
      const DataflowNode& node = flow.nodes[source.index];
      std::string text = op_text(node);
      return node.name.empty() ? text
                               : text + ' ' + printable(node.name, kColumns);
    }
    case ValueSource::Kind::kInput:
      return "input of " + graph_name(flow.graphs[source.graph]);
    case ValueSource::Kind::kTensor: {
      const Tensor& tensor = model.tensors[source.index];
      return fmt::format("{} {} {}", to_string(tensor.role),
                         dtype_info(tensor.dtype).name,
                         shape_text(tensor.shape));
    }
    case ValueSource::Kind::kUnknown:
      return {};
  }
  return {};
}

void print_node(Output& out, const Model& model, const DataflowNode& node) {
  const Dataflow& flow = *model.dataflow;
  const DataflowGraph& graph = flow.graphs[node.graph];
  DataflowIndex index(model);
  out.print("{}: {}, a node of {}\n",
            node.name.empty() ? "(no name)" : printable(node.name),
            op_text(node), graph_name(graph));
  for (std::string_view name : flow.of(node.inputs)) {
    std::string from = name.empty()
                           ? std::string()
                           : source_text(model, index.find(node.graph, name));
    out.print("  in   {}{}{}\n", value_text(graph, name),
              from.empty() ? "" : "  from ", from);
  }
  for (std::string_view name : flow.of(node.outputs)) {
    out.print("  out  {}\n", value_text(graph, name));
  }
  for (const NodeAttribute& attribute : node_attributes(model, node)) {
    out.print("  {} = {}\n", printable(attribute.name),
              attribute_text(attribute));
  }
}

void print_graph(Output& out, const Model& model, const DataflowGraph& graph,
                 bool full) {
  const Dataflow& flow = *model.dataflow;
  out.print("{}: {}, {}\n", graph_name(graph),
            graph.kind == DataflowGraphKind::kMain ? "main graph"
                                                   : to_string(graph.kind),
            counted(graph.nodes.size(), "node"));
  for (const ValueInfo& value : graph.inputs) {
    out.print("  in   {}\n", value_line(value));
  }
  for (const ValueInfo& value : graph.outputs) {
    out.print("  out  {}\n", value_line(value));
  }
  size_t shown =
      full ? graph.nodes.size() : std::min(graph.nodes.size(), kNodesShown);
  if (shown == 0) return;
  const Column columns[] = {{.title = "node", .shrink = 1},
                            {.title = "operator", .shrink = 2},
                            {.title = "inputs", .shrink = 3},
                            {.title = "outputs", .shrink = 4}};
  auto joined = [&](NameRange range) {
    std::string text;
    for (std::string_view name : flow.of(range)) {
      if (text.size() > kColumns) return text + ", …";
      text += (text.empty() ? "" : ", ") + printable(name, kColumns);
    }
    return text;
  };
  print_table(out, columns, shown, [&](size_t i, Cells& cells) {
    const DataflowNode& node = flow.nodes[graph.nodes[i]];
    cells.text(node.name);
    cells.escaped(op_text(node));
    cells.escaped(joined(node.inputs));
    cells.escaped(joined(node.outputs));
  });
  if (shown < graph.nodes.size()) {
    out.print("… {} more; --full prints them\n",
              std::string_view(count_text(graph.nodes.size() - shown)));
  }
}

void print_signature(Output& out, const Signature& signature) {
  out.print("{}: signature{}{}\n", printable(signature.name),
            signature.method.empty() ? "" : ", ", printable(signature.method));
  auto print = [&](const char* what, const std::vector<SignatureValue>& list) {
    for (const SignatureValue& row : list) {
      ValueInfo value = row.value;
      value.name = row.key;
      out.print("  {}  {}  is {}\n", what, value_line(value),
                printable(row.value.name));
    }
  };
  print("in ", signature.inputs);
  print("out", signature.outputs);
}

}  // namespace

std::optional<GraphThing> find_in_graphs(const Model& model,
                                         std::string_view name) {
  if (model.dataflow == nullptr || name.empty()) return std::nullopt;
  const Dataflow& flow = *model.dataflow;
  GraphThing thing;
  auto node = std::ranges::find(flow.nodes, name, &DataflowNode::name);
  if (node == flow.nodes.end()) {
    node = std::ranges::find_if(flow.nodes, [&](const DataflowNode& row) {
      auto outputs = flow.of(row.outputs);
      return std::ranges::find(outputs, name) != outputs.end();
    });
  }
  if (node != flow.nodes.end()) {
    thing.node = static_cast<uint32_t>(node - flow.nodes.begin());
    return thing;
  }
  for (uint32_t i = 0; i < flow.graphs.size(); ++i) {
    const DataflowGraph& graph = flow.graphs[i];
    bool is_main = i == 0 && name == "main";
    if (!is_main && graph.scope != name && graph.name != name) continue;
    thing.graph = i;
    return thing;
  }
  for (const Signature& signature : flow.signatures) {
    if (signature.name != name) continue;
    thing.signature = &signature;
    return thing;
  }
  return std::nullopt;
}

std::vector<std::string_view> names_in_graphs(const Model& model) {
  std::vector<std::string_view> names;
  if (model.dataflow == nullptr) return names;
  for (const DataflowNode& node : model.dataflow->nodes) {
    names.push_back(node.name);
  }
  for (const DataflowGraph& graph : model.dataflow->graphs) {
    names.push_back(graph.scope);
  }
  for (const Signature& signature : model.dataflow->signatures) {
    names.push_back(signature.name);
  }
  return names;
}

void print_thing(Output& out, const Model& model, const GraphThing& thing,
                 bool full) {
  const Dataflow& flow = *model.dataflow;
  if (thing.signature != nullptr) {
    print_signature(out, *thing.signature);
  } else if (thing.node != kNoIndex) {
    print_node(out, model, flow.nodes[thing.node]);
  } else {
    print_graph(out, model, flow.graphs[thing.graph], full);
  }
}

}  // namespace tsinspect::cli
