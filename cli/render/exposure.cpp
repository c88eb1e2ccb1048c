#include "render/exposure.h"

#include <algorithm>
#include <map>

#include "base/printable.h"
#include "render/dataflow.h"
#include "render/table.h"
#include "render/text.h"

namespace tsinspect::cli {
namespace {

std::string dimension_text(const Dimension& dimension) {
  if (dimension.size >= 0) return std::to_string(dimension.size);
  return dimension.symbol.empty() ? "?" : printable(dimension.symbol);
}

std::string shape_text_of(const ValueInfo& value) {
  if (!value.shape) return "?";
  std::string text = "[";
  for (const Dimension& dimension : *value.shape) {
    if (text.size() > 1) text += ", ";
    text += dimension_text(dimension);
  }
  return text + "]";
}

// "float32", "sequence(float32)", "?".
std::string type_text(const ValueInfo& value) {
  if (value.type.empty()) return "?";
  std::string dtype = value.dtype ? dtype_info(*value.dtype).name : "?";
  std::string text = value.type;
  size_t at = text.rfind("tensor");
  bool is_dense = at != text.npos && text.find("sparse_tensor") == text.npos;
  return is_dense && value.dtype ? text.replace(at, 6, dtype) : text;
}

bool has_signatures(const Exposure& result) {
  return std::ranges::any_of(result.values, [](const ExposedValue& value) {
    return !value.signature.empty();
  });
}

void print_values(const Exposure& result, Output& out) {
  bool signatures = has_signatures(result);
  std::vector<Column> columns = {{.title = "output", .shrink = 2},
                                 {.title = "op", .shrink = 1},
                                 {.title = "type"},
                                 {.title = "shape", .shrink = 1}};
  if (signatures) columns.push_back({.title = "signature", .shrink = 1});
  print_table(out, columns, result.values.size(), [&](size_t i, Cells& cells) {
    const ExposedValue& row = result.values[i];
    cells.text(row.value.name);
    cells.text(row.op);
    cells.plain(type_text(row.value));
    cells.escaped(shape_text_of(row.value));
    if (signatures) cells.text(row.signature);
  });
}

void write_value(Json& json, const ExposedValue& row) {
  json.begin_object();
  json.member("name", row.value.name);
  json.member("op", row.op);
  json.key("type");
  row.value.type.empty() ? json.null() : json.value(row.value.type);
  json.key("dtype");
  row.value.dtype ? json.value(dtype_info(*row.value.dtype).name) : json.null();
  write_shape(json, row.value);
  json.key("signature");
  row.signature.empty() ? json.null() : json.value(row.signature);
  json.end_object();
}

}  // namespace

void note_left_out(const Exposure& result, Report& report) {
  std::map<std::string, std::vector<const UnexposedValue*>> by_reason;
  for (const UnexposedValue& value : result.left_out) {
    by_reason[value.reason].push_back(&value);
  }
  for (const auto& [reason, values] : by_reason) {
    report.note(fmt::format(
        "left out: {}{}: {}", printable(values.front()->name),
        values.size() == 1 ? ""
                           : fmt::format(" and {} more", values.size() - 1),
        printable(reason)));
  }
}

void print_exposure_text(const Exposure& result, const std::string& output,
                         Output& out) {
  if (!result.values.empty()) print_values(result, out);
  if (output.empty()) {
    out.print("{} can be fetched by name; there is nothing to write\n",
              counted(result.values.size(), "value"));
    return;
  }
  out.print("wrote {}: {}, {} more\n", printable(output),
            std::string_view(size_text(result.file_bytes)),
            counted(result.values.size(), "output"));
  for (const std::string& path : result.companions) {
    out.print("copied {}\n", printable(path));
  }
}

void print_exposure_json(const Exposure& result, const std::string& output,
                         Json& json) {
  json.key("output");
  output.empty() ? json.null() : json.value(output);
  json.key("file_bytes");
  output.empty() ? json.null() : json.value(result.file_bytes);
  json.key("exposed");
  json.begin_array();
  for (const ExposedValue& row : result.values) write_value(json, row);
  json.end_array();
  json.key("left_out");
  json.begin_array();
  for (const UnexposedValue& row : result.left_out) {
    json.begin_object();
    json.member("name", row.name);
    json.member("reason", row.reason);
    json.end_object();
  }
  json.end_array();
  json.key("copied");
  json.value(std::span(result.companions));
}

}  // namespace tsinspect::cli
