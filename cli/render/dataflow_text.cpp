#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "render/dataflow.h"
#include "render/text.h"
#include "tsinspect/program.h"

namespace tsinspect::cli {
namespace {

using Lines = std::vector<std::pair<const char*, std::string>>;

constexpr size_t kColumns = 80;
constexpr size_t kLine = 60;  // Of a list that takes several.
constexpr size_t kValues = 12;
constexpr size_t kSignatures = 6;
constexpr size_t kOperators = 10;
constexpr size_t kNames = 8;

std::string shape_of(const std::vector<Dimension>& shape) {
  std::string text = "[";
  for (const Dimension& dimension : shape) {
    if (text.size() > 1) text += ", ";
    if (dimension.size >= 0) {
      text += fmt::format("{}", dimension.size);
    } else {
      text += dimension.symbol.empty() ? "?" : printable(dimension.symbol, 30);
    }
  }
  return text + ']';
}

void add_rest(Lines* lines, const char* label, size_t all, size_t told) {
  if (all <= told) return;
  lines->emplace_back(
      label,
      fmt::format("… and {} more", std::string_view(count_text(all - told))));
}

void add_values(Lines* lines, const char* label,
                const std::vector<ValueInfo>& values) {
  size_t told = std::min(values.size(), kValues);
  for (size_t i = 0; i < told; ++i) {
    lines->emplace_back(label, value_line(values[i]));
  }
  add_rest(lines, label, values.size(), told);
}

void add_signature(Lines* lines, const Signature& signature) {
  lines->emplace_back("signatures", printable(signature.name, kColumns));
  auto add = [&](const char* arrow, const std::vector<SignatureValue>& values) {
    size_t told = std::min(values.size(), kValues);
    for (size_t i = 0; i < told; ++i) {
      ValueInfo value = values[i].value;
      value.name = values[i].key;
      lines->emplace_back("signatures",
                          fmt::format("  {} {}", arrow, value_line(value)));
    }
    add_rest(lines, "signatures", values.size(), told);
  };
  add("in ", signature.inputs);
  add("out", signature.outputs);
}

void add_names(Lines* lines, const char* label,
               const std::vector<std::string_view>& names) {
  if (names.empty()) return;
  std::string text;
  size_t told = std::min(names.size(), kNames);
  for (size_t i = 0; i < told; ++i) {
    text += fmt::format("{}{}", i ? ", " : "", printable(names[i], kColumns));
  }
  lines->emplace_back(label, text);
  add_rest(lines, label, names.size(), told);
}

void add_opsets(Lines* lines, const Dataflow& flow) {
  std::string text;
  for (const OpsetImport& opset : flow.opsets) {
    bool is_own = opset.domain.empty() || opset.domain == "ai.onnx";
    std::string domain = is_own ? "ai.onnx" : printable(opset.domain, kColumns);
    text +=
        fmt::format("{}{} {}", text.empty() ? "" : ", ", domain, opset.version);
  }
  if (!text.empty()) lines->emplace_back("opsets", text);
}

void add_graphs(Lines* lines, const Dataflow& flow) {
  size_t subgraphs = 0, functions = 0, others = 0;
  for (const DataflowGraph& graph : flow.graphs) {
    subgraphs += graph.kind == DataflowGraphKind::kSubgraph;
    functions += graph.kind == DataflowGraphKind::kFunction;
    others += graph.kind == DataflowGraphKind::kMain;
  }
  std::string text = counted(flow.nodes.size(), "node");
  if (others > 1) text += " in " + counted(others, "main graph");
  if (subgraphs > 0) text += ", " + counted(subgraphs, "subgraph");
  if (functions > 0) text += ", " + counted(functions, "function");
  lines->emplace_back("graph", text);
}

// The most used ones first.
void add_operators(Lines* lines, const Model& model) {
  std::vector<OperatorCount> rows = operators(model);
  std::ranges::stable_sort(rows, [](const auto& a, const auto& b) {
    return a.uses.size() > b.uses.size();
  });
  std::string line;
  size_t told = std::min(rows.size(), kOperators);
  for (size_t i = 0; i < told; ++i) {
    std::string part =
        fmt::format("{} {}{}{}", printable(rows[i].name, kColumns),
                    std::string_view(count_text(rows[i].uses.size())),
                    rows[i].kind == OperatorKind::kCustom ? " (custom)" : "",
                    i + 1 < told ? "," : "");
    if (!line.empty() && line.size() + part.size() > kLine) {
      lines->emplace_back("operators", std::exchange(line, {}));
    }
    line += (line.empty() ? "" : " ") + part;
  }
  if (!line.empty()) lines->emplace_back("operators", line);
  add_rest(lines, "operators", rows.size(), told);
}

}  // namespace

std::string value_line(const ValueInfo& value) {
  std::string text = printable(value.name, kColumns);
  std::string type;
  auto add = [&](const std::string& part) {
    if (!part.empty()) type += (type.empty() ? "" : " ") + part;
  };
  if (value.type != "tensor" || (!value.dtype && !value.shape)) {
    add(printable(value.type, kColumns));
  }
  if (value.dtype) add(dtype_info(*value.dtype).name);
  if (value.shape) add(shape_of(*value.shape));
  return type.empty() ? text : text + ": " + type;
}

std::string attribute_text(const NodeAttribute& attribute) {
  auto item_text = [&](const AttributeItem& item) -> std::string {
    if (auto truth = std::get_if<bool>(&item)) return *truth ? "true" : "false";
    if (auto number = std::get_if<int64_t>(&item)) {
      return fmt::format("{}", *number);
    }
    if (auto real = std::get_if<double>(&item)) {
      return fmt::format("{}", static_cast<float>(*real));
    }
    const auto& text = std::get<std::string>(item);
    return attribute.type == "string" ? tsinspect::quoted(text)
                                      : printable(text);
  };
  std::string text;
  for (const AttributeItem& item : attribute.items) {
    text += (text.empty() ? "" : ", ") + item_text(item);
  }
  if (attribute.left_out > 0) {
    text += fmt::format(", … {} more", attribute.left_out);
  }
  if (attribute.is_list) return '[' + text + ']';
  bool has_kind = attribute.type == "graph" || attribute.type == "function" ||
                  attribute.type == "reference";
  return has_kind ? attribute.type + ' ' + text : text;
}

Lines dataflow_lines(const Model& model) {
  Lines lines;
  const Dataflow& flow = *model.dataflow;
  add_opsets(&lines, flow);
  add_names(&lines, "tags", flow.tags);
  add_names(&lines, "assets", flow.assets);
  size_t told = std::min(flow.metadata.size(), kNames);
  for (size_t i = 0; i < told; ++i) {
    const auto& [key, value] = flow.metadata[i];
    lines.emplace_back("metadata",
                       fmt::format("{}: {}", printable(key, kColumns),
                                   printable(value, kColumns)));
  }
  add_rest(&lines, "metadata", flow.metadata.size(), told);
  if (flow.signatures.empty() && !flow.graphs.empty()) {
    add_values(&lines, "inputs", flow.graphs[0].inputs);
    add_values(&lines, "outputs", flow.graphs[0].outputs);
  }
  told = std::min(flow.signatures.size(), kSignatures);
  for (size_t i = 0; i < told; ++i) add_signature(&lines, flow.signatures[i]);
  add_rest(&lines, "signatures", flow.signatures.size(), told);
  add_graphs(&lines, flow);
  add_operators(&lines, model);
  return lines;
}

}  // namespace tsinspect::cli
