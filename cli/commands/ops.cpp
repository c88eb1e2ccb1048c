#include "base/printable.h"
#include "render/table.h"
#include "render/text.h"
#include "report.h"
#include "tsinspect/names.h"
#include "tsinspect/program.h"

namespace tsinspect::cli {
namespace {

struct OpsOptions {
  FileOptions files;
  std::vector<std::string> filter;
  bool where = false;
};

void keep_matching(const NameFilter& filter, std::vector<OperatorCount>* rows) {
  std::erase_if(*rows, [&](const OperatorCount& row) {
    return !filter.matches(row.name);
  });
}

// "Net.forward" of "__torch__.models.___torch_mangle_3.Net.forward".
std::string_view short_function(std::string_view name) {
  size_t method = name.rfind('.');
  if (method == name.npos || method == 0) return name;
  size_t owner = name.rfind('.', method - 1);
  return owner == name.npos ? name : name.substr(owner + 1);
}

// "record:offset"; of a graph's node, the offset in the model's file.
std::string place_text(const OperatorUse& use) {
  if (use.place.record.empty()) return fmt::format("{}", use.place.offset);
  return fmt::format("{}:{}", use.place.record, use.place.offset);
}

// "Net.forward"; a graph's scope and a node.
std::string where_text(const OperatorUse& use) {
  std::string function(short_function(use.function));
  if (use.node.empty()) return function;
  std::string_view between = function.empty() ? "" : ": ";
  std::string text = fmt::format("{}{}{}", use.function, between, use.node);
  for (size_t i = 0; i < use.runs.size(); ++i) {
    text += fmt::format("{}{}", i ? ", " : " → ", use.runs[i]);
  }
  return text;
}

uint64_t total_uses(const std::vector<OperatorCount>& rows) {
  uint64_t uses = 0;
  for (const OperatorCount& row : rows) uses += row.uses.size();
  return uses;
}

void print_operators(Output& out, const std::vector<OperatorCount>& rows) {
  // A graph's operators have no overloads.
  bool has_overloads = !rows[0].uses[0].place.record.empty();
  std::vector<Column> columns = {{.title = "operator", .shrink = 1}};
  if (has_overloads) columns.push_back({.title = "overload"});
  columns.push_back({.title = "kind"});
  columns.push_back({.title = "calls", .right = true});
  columns.push_back({.title = "first in", .shrink = 2});
  print_table(out, columns, rows.size(), [&](size_t i, Cells& cells) {
    const OperatorCount& row = rows[i];
    cells.text(row.name);
    if (has_overloads) {
      row.overload ? cells.text(*row.overload) : cells.plain("?");
    }
    cells.plain(to_string(row.kind));
    cells.count(row.uses.size());
    cells.text(where_text(row.uses.front()));
  });
}

void print_uses(Output& out, const std::vector<OperatorCount>& rows) {
  std::vector<std::pair<const OperatorCount*, const OperatorUse*>> uses;
  for (const OperatorCount& row : rows) {
    for (const OperatorUse& use : row.uses) uses.push_back({&row, &use});
  }
  bool is_graph = !uses.empty() && uses[0].second->place.record.empty();
  const Column columns[] = {
      {.title = "operator", .shrink = 1},
      {.title = is_graph ? "node" : "function", .shrink = 2},
      {.title = is_graph ? "offset" : "place", .shrink = 3}};
  print_table(out, columns, uses.size(), [&](size_t i, Cells& cells) {
    cells.text(uses[i].first->name);
    cells.text(where_text(*uses[i].second));
    cells.text(place_text(*uses[i].second));
  });
}

void print_rows(Output& out, const std::vector<OperatorCount>& rows,
                const OpsOptions& options, const char* of) {
  if (rows.empty()) return;
  options.where ? print_uses(out, rows) : print_operators(out, rows);
  out.print("{}, {}{}\n", counted(rows.size(), "operator"),
            counted(total_uses(rows), "call"), of);
}

void print_outside(Output& out, const std::vector<OutsideCall>& calls) {
  for (const OutsideCall& call : calls) {
    std::string where = where_text(call.use);
    if (!call.use.place.record.empty() || !call.use.node.empty()) {
      where += (where.empty() ? "" : " at ") + place_text(call.use);
    }
    out.print("outside: {} {}{}{}{}\n", tsinspect::printable(call.name),
              call.reason, call.at_load ? ", when the file is loaded" : "",
              where.empty() ? "" : ": ", tsinspect::printable(where));
  }
}

void write_use(Json& json, const OperatorUse& use) {
  json.member("function", use.function);
  if (!use.node.empty()) json.member("node", use.node);
  if (!use.runs.empty()) {
    json.key("runs");
    json.value(std::span<const std::string>(use.runs));
  }
  json.member("record", use.place.record);
  json.member("offset", use.place.offset);
}

void write_operators(Json& json, const char* key,
                     const std::vector<OperatorCount>& rows) {
  json.key(key);
  json.begin_array();
  for (const OperatorCount& row : rows) {
    json.begin_object();
    json.member("name", row.name);
    json.key("overload");
    row.overload ? json.value(*row.overload) : json.null();
    json.member("kind", to_string(row.kind));
    json.member("count", row.uses.size());
    json.key("uses");
    json.begin_array();
    for (const OperatorUse& use : row.uses) {
      json.begin_object();
      write_use(json, use);
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

void write_outside(Json& json, const std::vector<OutsideCall>& calls) {
  json.key("outside_calls");
  json.begin_array();
  for (const OutsideCall& call : calls) {
    json.begin_object();
    json.member("name", call.name);
    json.member("reason", call.reason);
    json.member("at_load", call.at_load);
    write_use(json, call.use);
    json.end_object();
  }
  json.end_array();
}

void run(const Model& model, const OpsOptions& options, Report& report) {
  if (model.source == nullptr && model.bytecode == kNoObject &&
      model.dataflow == nullptr) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("a file of form {} has no program; TorchScript "
                            "archives, ONNX and TensorFlow graphs do",
                            to_string(model.form)));
  }
  ProgramSummary found = summarize_program(model);
  NameFilter filter(options.filter);
  keep_matching(filter, &found.operators);
  keep_matching(filter, &found.bytecode_operators);
  report.tell(found.findings);
  if (report.json) {
    write_operators(*report.json, "operators", found.operators);
    write_operators(*report.json, "bytecode_operators",
                    found.bytecode_operators);
    return write_outside(*report.json, found.outside_calls);
  }
  report.print_heading(model);
  if (found.operators.empty() && found.bytecode_operators.empty()) {
    report.out.text(options.filter.empty() ? "no operators in this file\n"
                                           : "no operators chosen\n");
  }
  print_rows(report.out, found.operators, options, "");
  print_rows(report.out, found.bytecode_operators, options, " in bytecode");
  print_outside(report.out, found.outside_calls);
}

Action setup(Options* options) {
  auto values = std::make_shared<OpsOptions>();
  add_file_options(options, &values->files);
  options->push_back(filter_option(&values->filter));
  options->push_back({"--where", "", "Every call, with its record and offset",
                      &values->where});
  return [values](Output& out) {
    return for_each_model(
        values->files, out,
        [&](const Model& model, Report& report) {
          run(model, *values, report);
        },
        open_program);
  };
}

}  // namespace

Command ops_command() {
  return {"ops", "Every operator a program or graph calls, and where",
          "  tsinspect ops model.pt\n"
          "  tsinspect ops model.pt --filter '*::conv*' --where\n"
          "  tsinspect ops model.onnx --where\n"
          "  tsinspect ops model.ptl --json\n",
          setup};
}

}  // namespace tsinspect::cli
