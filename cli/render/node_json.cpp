#include <type_traits>

#include "analysis/dataflow_index.h"
#include "render/dataflow.h"
#include "render/node.h"

namespace tsinspect::cli {
namespace {

void write_source(Json& json, const Model& model, const ValueSource& source) {
  constexpr const char* kKinds[] = {nullptr, "node", "input", "tensor"};
  const char* kind = kKinds[static_cast<size_t>(source.kind)];
  json.key("from");
  if (kind == nullptr) return json.null();
  json.begin_object();
  json.member("kind", kind);
  if (source.kind == ValueSource::Kind::kNode) {
    const DataflowNode& node = model.dataflow->nodes[source.index];
    json.member("name", node.name);
    json.member("operator", node.op);
  } else if (source.kind == ValueSource::Kind::kTensor) {
    json.member("name", model.tensors[source.index].name);
  }
  json.end_object();
}

void write_attribute(Json& json, const NodeAttribute& attribute) {
  json.begin_object();
  json.member("name", attribute.name);
  json.member("type", attribute.type);
  json.key("value");
  auto write = [&](const AttributeItem& item) {
    std::visit([&](const auto& value) { json.value(value); }, item);
  };
  if (attribute.is_list) {
    json.begin_array();
    for (const AttributeItem& item : attribute.items) write(item);
    json.end_array();
  } else if (attribute.items.empty()) {
    json.null();
  } else {
    write(attribute.items[0]);
  }
  json.member("truncated", attribute.left_out > 0);
  json.end_object();
}

void write_node(Json& json, const Model& model, const DataflowNode& node) {
  const Dataflow& flow = *model.dataflow;
  DataflowIndex index(model);
  json.member("kind", "node");
  json.member("operator", node.op);
  json.member("domain", node.domain);
  json.member("graph", flow.graphs[node.graph].scope);
  json.key("inputs");
  json.begin_array();
  for (std::string_view name : flow.of(node.inputs)) {
    json.begin_object();
    json.member("name", name);
    write_source(json, model,
                 name.empty() ? ValueSource{} : index.find(node.graph, name));
    json.end_object();
  }
  json.end_array();
  json.key("outputs");
  json.begin_array();
  for (std::string_view name : flow.of(node.outputs)) json.value(name);
  json.end_array();
  json.key("attributes");
  json.begin_array();
  for (const NodeAttribute& attribute : node_attributes(model, node)) {
    write_attribute(json, attribute);
  }
  json.end_array();
}

void write_graph_of(Json& json, const Model& model,
                    const DataflowGraph& graph) {
  const Dataflow& flow = *model.dataflow;
  json.member("kind", to_string(graph.kind));
  json.member("scope", graph.scope);
  write_values(json, "inputs", graph.inputs);
  write_values(json, "outputs", graph.outputs);
  json.key("nodes");
  json.begin_array();
  for (uint32_t at : graph.nodes) {
    const DataflowNode& node = flow.nodes[at];
    json.begin_object();
    json.member("name", node.name);
    json.member("operator", node.op);
    json.member("domain", node.domain);
    write_names(json, "inputs", flow.of(node.inputs));
    write_names(json, "outputs", flow.of(node.outputs));
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void write_thing(Json& json, const Model& model, const GraphThing& thing) {
  const Dataflow& flow = *model.dataflow;
  if (thing.signature != nullptr) {
    json.member("kind", "signature");
    write_signature(json, *thing.signature);
  } else if (thing.node != kNoIndex) {
    write_node(json, model, flow.nodes[thing.node]);
  } else {
    write_graph_of(json, model, flow.graphs[thing.graph]);
  }
}

}  // namespace tsinspect::cli
