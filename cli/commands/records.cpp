#include "tsinspect/records.h"

#include <optional>

#include "base/printable.h"
#include "render/table.h"
#include "render/text.h"
#include "report.h"
#include "tsinspect/values.h"

namespace tsinspect::cli {
namespace {

struct RecordsOptions {
  FileOptions files;
  bool check = false;
};

// A model's records with what was found out about them.
struct Listed {
  const Model& model;
  std::vector<std::string> problems;  // One a record, if they were checked.
};

std::vector<std::string> check(const Model& model) {
  std::vector<std::string> problems(model.records.size());
  for (RecordProblem& problem : check_records(model)) {
    problems[problem.record] = std::move(problem.message);
  }
  return problems;
}

const char* method_name(const Record& record) {
  if (record.encrypted) return "encrypted";
  switch (record.method) {
    case 0:
      return "stored";
    case 8:
      return "deflated";
  }
  return "other";
}

// Where the payload begins; empty where the local header is damaged.
std::optional<uint64_t> payload(const Model& model, const Record& record) {
  try {
    return payload_offset(model, record);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string crc_text(const Record& record) {
  bool has_checksum = record.checksum != Checksum::kNone;
  return has_checksum ? fmt::format("{:08x}", record.crc32) : "";
}

void print_text(const Listed& listed, Output& out) {
  const Model& model = listed.model;
  bool several = model.files.size() > 1;
  bool checked = !listed.problems.empty();
  std::vector<Column> columns = {{.title = "name", .shrink = 2},
                                 {.title = "offset", .right = true},
                                 {.title = "stored", .right = true},
                                 {.title = "size", .right = true},
                                 {"method"},
                                 {"crc32"}};
  if (several) columns.push_back({"file"});
  if (checked) columns.push_back({.title = "check", .shrink = 1});
  uint64_t stored_bytes = 0, size_bytes = 0;
  for (const Record& record : model.records) {
    stored_bytes += record.stored_bytes;
    size_bytes += record.size_bytes;
  }
  auto row = [&](size_t i, Cells& cells) {
    const Record& record = model.records[i];
    cells.text(record.name);
    auto offset = payload(model, record);
    offset ? cells.count(*offset) : cells.plain("?");
    cells.count(record.stored_bytes);
    cells.count(record.size_bytes);
    cells.plain(method_name(record));
    cells.plain(crc_text(record));
    if (several) cells.count(record.file);
    if (checked) {
      cells.text(listed.problems[i].empty() ? "ok" : listed.problems[i]);
    }
  };
  if (!model.records.empty()) {
    print_table(out, columns, model.records.size(), row);
  }
  out.print("{}, {} stored, {} inflated\n",
            counted(model.records.size(), "record"),
            std::string_view(size_text(stored_bytes)),
            std::string_view(size_text(size_bytes)));
}

void print_json(const Listed& listed, Json& json) {
  json.key("records");
  json.begin_array();
  for (size_t i = 0; i < listed.model.records.size(); ++i) {
    const Record& record = listed.model.records[i];
    json.begin_object();
    json.member("name", record.name);
    json.member("file", record.file);
    json.key("offset");
    auto offset = payload(listed.model, record);
    offset ? json.value(*offset) : json.null();
    json.member("stored", record.stored_bytes);
    json.member("size", record.size_bytes);
    json.member("method", method_name(record));
    json.key("crc32");
    record.checksum != Checksum::kNone ? json.value(record.crc32) : json.null();
    if (!listed.problems.empty()) {
      json.member("ok", listed.problems[i].empty());
      json.key("problem");
      listed.problems[i].empty() ? json.null() : json.value(listed.problems[i]);
    }
    json.end_object();
  }
  json.end_array();
}

void run(const Model& model, bool checks, Report& report) {
  Listed listed = {model, {}};
  if (checks) listed.problems = check(model);
  if (report.json) {
    print_json(listed, *report.json);
  } else {
    report.print_heading(model);
    print_text(listed, report.out);
  }
  size_t damaged = 0;
  for (size_t i = 0; i < listed.problems.size(); ++i) {
    if (listed.problems[i].empty()) continue;
    ++damaged;
    report.note(printable(model.records[i].name) + ": " + listed.problems[i]);
  }
  if (damaged > 0) report.status = kNo;
}

Action setup(Options* options) {
  auto values = std::make_shared<RecordsOptions>();
  add_file_options(options, &values->files);
  options->push_back({"--check", "", "Read every record and verify its CRC-32",
                      &values->check});
  return [values](Output& out) {
    auto render = [&](const Model& model, Report& report) {
      run(model, values->check, report);
    };
    return for_each_model(values->files, out, render, open_partial);
  };
}

}  // namespace

Command records_command() {
  return {"records", "The container's members, and whether they are intact",
          "  tsinspect records model.pt\n"
          "  tsinspect records model.pt --check\n",
          setup};
}

}  // namespace tsinspect::cli
