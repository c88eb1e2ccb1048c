#include "render/dataflow.h"
#include "tsinspect/program.h"

namespace tsinspect::cli {

void write_shape(Json& json, const ValueInfo& value) {
  json.key("shape");
  if (!value.shape) return json.null();
  json.begin_array();
  for (const Dimension& dimension : *value.shape) {
    if (dimension.size >= 0) {
      json.value(dimension.size);
    } else if (dimension.symbol.empty()) {
      json.null();
    } else {
      json.value(dimension.symbol);
    }
  }
  json.end_array();
}

namespace {

void write_value(Json& json, std::string_view name, const ValueInfo& value) {
  json.begin_object();
  json.member("name", name);
  if (name != value.name) json.member("value", value.name);
  json.member("type", value.type);
  json.key("dtype");
  value.dtype ? json.value(dtype_info(*value.dtype).name) : json.null();
  write_shape(json, value);
  json.end_object();
}

void write_signature_values(Json& json, const char* key,
                            const std::vector<SignatureValue>& values) {
  json.key(key);
  json.begin_array();
  for (const SignatureValue& row : values) {
    write_value(json, row.key, row.value);
  }
  json.end_array();
}

void write_graphs(Json& json, const Dataflow& flow) {
  json.key("graphs");
  json.begin_array();
  for (const DataflowGraph& graph : flow.graphs) {
    json.begin_object();
    json.member("kind", to_string(graph.kind));
    json.member("name", graph.name);
    json.member("scope", graph.scope);
    json.member("nodes", graph.nodes.size());
    json.end_object();
  }
  json.end_array();
}

void write_operators(Json& json, const Model& model) {
  json.key("operators");
  json.begin_array();
  for (const OperatorCount& row : operators(model)) {
    json.begin_object();
    json.member("name", row.name);
    json.member("kind", to_string(row.kind));
    json.member("count", row.uses.size());
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void write_names(Json& json, const char* key,
                 std::span<const std::string_view> names) {
  json.key(key);
  json.begin_array();
  for (std::string_view name : names) json.value(name);
  json.end_array();
}

void write_values(Json& json, const char* key,
                  const std::vector<ValueInfo>& values) {
  json.key(key);
  json.begin_array();
  for (const ValueInfo& value : values) write_value(json, value.name, value);
  json.end_array();
}

void write_signature(Json& json, const Signature& signature) {
  json.member("name", signature.name);
  json.member("method", signature.method);
  write_signature_values(json, "inputs", signature.inputs);
  write_signature_values(json, "outputs", signature.outputs);
}

void write_dataflow(Json& json, const Model& model) {
  const Dataflow& flow = *model.dataflow;
  static const DataflowGraph kNone;
  const DataflowGraph& main = flow.graphs.empty() ? kNone : flow.graphs[0];
  write_values(json, "inputs", main.inputs);
  write_values(json, "outputs", main.outputs);
  json.key("signatures");
  json.begin_array();
  for (const Signature& signature : flow.signatures) {
    json.begin_object();
    write_signature(json, signature);
    json.end_object();
  }
  json.end_array();
  json.key("opsets");
  json.begin_array();
  for (const OpsetImport& opset : flow.opsets) {
    json.begin_object();
    json.member("domain", opset.domain.empty() ? "ai.onnx" : opset.domain);
    json.member("version", opset.version);
    json.end_object();
  }
  json.end_array();
  write_names(json, "tags", flow.tags);
  write_names(json, "assets", flow.assets);
  json.key("metadata");
  json.begin_object();
  for (const auto& [key, value] : flow.metadata) json.member(key, value);
  json.end_object();
  write_graphs(json, flow);
  write_operators(json, model);
}

}  // namespace tsinspect::cli
