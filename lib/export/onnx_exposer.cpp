#include "export/onnx_exposer.h"

#include <array>

#include "onnx/fields.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using namespace onnx;

// Graphs within functions that call functions, and so on.
constexpr int kMaxDepth = 60;

std::vector<std::string_view> function_key(std::string_view domain,
                                           std::string_view name,
                                           std::string_view overload) {
  if (domain == "ai.onnx") domain = {};
  return {domain, name, overload};
}

}  // namespace

OnnxExposer::OnnxExposer(OnnxModel* model, const NameFilter& nodes)
    : model_(model), nodes_(nodes) {
  for (size_t i = 0; i < model->functions.size(); ++i) {
    const OnnxGraph& f = model->functions[i];
    functions_.emplace(function_key(f.domain, f.name, f.overload), i);
  }
}

std::vector<OnnxValue> OnnxExposer::run() {
  Values values = graph_values(model_->graph, "", 0);
  for (const OnnxValue& value : values) {
    give(model_->graph, value.name, value.type);
  }
  return values;
}

OnnxExposer::Values OnnxExposer::graph_values(const OnnxGraph& graph,
                                              const std::string& scope,
                                              int depth) {
  if (depth > kMaxDepth) {
    throw Error(ErrorKind::kLimit, "functions call functions too deep");
  }
  // What is no output of a node, or is given already.
  std::set<std::string_view> known(graph.outputs.begin(), graph.outputs.end());
  known.insert(graph.inputs.begin(), graph.inputs.end());
  for (const auto& [name, tensor] : graph.initializers) known.insert(name);
  Values values;
  for (const OnnxNode& node : graph.nodes) {
    node_values(graph, node, scope, &known, &values);
    Values more = lifted(node, scope, depth);
    values.insert(values.end(), more.begin(), more.end());
  }
  return values;
}

void OnnxExposer::node_values(const OnnxGraph& graph, const OnnxNode& node,
                              const std::string& scope,
                              std::set<std::string_view>* known,
                              Values* values) {
  for (std::string_view name : node.outputs) {
    if (name.empty() || !known->insert(name).second) continue;
    if (!is_chosen(name, node, scope)) continue;
    auto type = graph.types.find(name);
    values->push_back(
        {name, node.op, type == graph.types.end() ? "" : type->second});
  }
}

bool OnnxExposer::is_chosen(std::string_view value, const OnnxNode& node,
                            const std::string& scope) const {
  if (nodes_.empty()) return true;
  std::string full = scope + std::string(value);
  std::array<std::string_view, 4> names = {full, value, node.name, node.op};
  return nodes_.matches(names);
}

OnnxExposer::Values OnnxExposer::lifted(const OnnxNode& node,
                                        const std::string& scope, int depth) {
  auto function =
      functions_.find(function_key(node.domain, node.op, node.overload));
  bool is_call = function != functions_.end();
  if (!is_call && node.subgraphs.empty()) return {};
  if (loops_ > 0) {
    // What they give differs from one iteration to the next.
    leave_out_graphs(node, scope, "it is in a loop's graph's graph", depth);
    return {};
  }
  if (is_call) return lift_call(node, function->second, scope, depth);
  bool is_scan = node.is_standard("Scan");
  if (is_scan && model_->opset < 9) {
    leave_out_graphs(node, scope, "Scan has batches before opset 9", depth);
    return {};
  }
  if (is_scan || node.is_standard("Loop")) {
    return lift_loop(node, scope, depth);
  }
  if (node.is_standard("If")) return lift_branches(node, scope, depth);
  leave_out_graphs(node, scope,
                   "no output can be added to " + std::string(node.op), depth);
  return {};
}

void OnnxExposer::leave_out(const Values& values, const std::string& scope,
                            const std::string& reason) {
  for (const OnnxValue& value : values) {
    left_out_.push_back({scope + std::string(value.name), reason});
  }
}

void OnnxExposer::leave_out_graphs(const OnnxNode& node,
                                   const std::string& scope,
                                   const std::string& reason, int depth) {
  for (const OnnxSubgraph& subgraph : node.subgraphs) {
    std::string inner = scope + std::string(node.label()) + '/' +
                        std::string(subgraph.attribute) + '/';
    for (const OnnxNode& n : subgraph.graph[0].nodes) {
      for (std::string_view name : n.outputs) {
        if (name.empty() || !is_chosen(name, n, inner)) continue;
        left_out_.push_back({inner + std::string(name), reason});
      }
      leave_out_graphs(n, inner, reason, depth + 1);
    }
  }
}

bool OnnxExposer::fill_outputs(const OnnxNode& node, size_t count) {
  if (node.outputs.size() > count) return false;
  for (size_t i = node.outputs.size(); i < count; ++i) {
    edits_.append(node.message, bytes_field(node_proto::kOutput, ""));
  }
  return true;
}

std::string_view OnnxExposer::add_output(const OnnxNode& node,
                                         const std::string& scope,
                                         std::string_view value) {
  std::string_view name = new_name(scope + std::string(value));
  edits_.append(node.message, bytes_field(node_proto::kOutput, name));
  return name;
}

void OnnxExposer::give(const OnnxGraph& graph, std::string_view name,
                       const std::string& type) {
  edits_.append(graph.parts.back(),
                bytes_field(graph_proto::kOutput, onnx_value_info(name, type)));
}

std::string_view OnnxExposer::new_name(std::string name) {
  while (model_->names.contains(name)) name += '_';
  std::string_view kept = new_names_.emplace_back(std::move(name));
  model_->names.insert(kept);
  return kept;
}

std::string onnx_value_info(std::string_view name, const std::string& type) {
  std::string text = bytes_field(value_info_proto::kName, name);
  if (!type.empty()) text += bytes_field(value_info_proto::kType, type);
  return text;
}

}  // namespace tsinspect
