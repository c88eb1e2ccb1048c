#include "tsinspect/code.h"

#include <algorithm>
#include <optional>

#include "render/code_json.h"
#include "render/code_text.h"
#include "report.h"

namespace tsinspect::cli {
namespace {

struct CodeOptions {
  std::string file;
  std::string name;
  bool source = false;
  bool json = false;
};

// Shows code of one model, and keeps what it tells of its author's machine.
class CodeView {
 public:
  CodeView(const Model& model, bool source, Report& report)
      : model_(model), source_(source), report_(report), constants_(model) {}

  void print(const CodePart& part) {
    auto notes = constants_.notes(part.text);
    if (auto origins = open_origins(part)) {
      auto above = origin_notes(&*origins, part);
      keep_path(*origins);
      notes.insert(notes.end(), above.begin(), above.end());
      std::ranges::stable_sort(notes, {}, &CodeNote::offset);
    }
    print_code(report_.out, part.text, notes, wants_colors(report_.out));
  }

  // As members of an open object.
  void write_origins(const CodePart& part) {
    auto origins = open_origins(part);
    if (!origins) return;
    cli::write_origins(*report_.json, &*origins, part);
    keep_path(*origins);
  }

  // What --source brought to light.
  void tell_path() {
    if (path_.empty()) return;
    Finding finding = path_finding(path_);
    if (!report_.json) report_.note(finding.message);
    report_.findings.push_back(std::move(finding));
  }

 private:
  // A debug record that cannot be read does not keep the code from being shown.
  std::optional<CodeOrigins> open_origins(const CodePart& part) {
    std::optional<CodeOrigins> origins;
    if (!source_) return origins;
    report_.guard([&] { origins.emplace(model_, part.place.record); });
    return origins;
  }

  void keep_path(const CodeOrigins& origins) {
    if (path_.empty()) path_ = origins.absolute_path();
  }

  const Model& model_;
  const bool source_;
  Report& report_;
  const ConstantNotes constants_;
  std::string path_;
};

CodePart whole(const CodeRecord& record) {
  return {std::string(record.name), {record.name, 0}, record.text};
}

void print_all(const std::vector<CodeRecord>& records, CodeView& view,
               Output& out) {
  for (size_t i = 0; i < records.size(); ++i) {
    if (i > 0) out.put('\n');
    print_code_heading(out, records[i].name, wants_colors(out));
    view.print(whole(records[i]));
  }
}

void write_all(const std::vector<CodeRecord>& records, CodeView& view,
               Json& json) {
  json.key("code");
  json.begin_array();
  for (const CodeRecord& record : records) {
    json.begin_object();
    write_code_record(json, record);
    view.write_origins(whole(record));
    json.end_object();
  }
  json.end_array();
}

// Source that the listing lacks.
void tell_unreadable(const Model& model, Report& report) {
  for (const Finding& finding : model.findings) {
    if (finding.rule != "unreadable-source") continue;
    report.note(finding.where + ": " + finding.message);
  }
}

void run(const Model& model, const CodeOptions& options, Report& report) {
  CodeView view(model, options.source, report);
  if (options.name.empty()) {
    auto records = code_records(model);
    report.json ? write_all(records, view, *report.json)
                : print_all(records, view, report.out);
    if (!report.json) tell_unreadable(model, report);
  } else {
    CodePart part = find_code(model, options.name);
    if (report.json) {
      write_code_part(*report.json, part);
      view.write_origins(part);
    } else {
      view.print(part);
    }
  }
  view.tell_path();
}

Action setup(Options* options) {
  auto values = std::make_shared<CodeOptions>();
  *options = {
      {.name = "FILE",
       .value = "",
       .help = "TorchScript archive",
       .target = &values->file,
       .required = true},
      {"NAME", "", "Class, function, method, module path or record",
       &values->name},
      {"--source", "", "Say which lines of Python the code was made from",
       &values->source},
      {"--json", "", "Print one JSON object", &values->json},
  };
  return [values](Output& out) {
    FileOptions files = {{values->file}, values->json};
    return for_each_model(files, out, [&](const Model& model, Report& report) {
      run(model, *values, report);
    });
  };
}

}  // namespace

Command code_command() {
  return {"code", "TorchScript source, and the Python it was made from",
          "  tsinspect code model.pt\n"
          "  tsinspect code model.pt forward\n"
          "  tsinspect code model.pt layer1.0.conv1.forward --source\n"
          "  tsinspect code model.pt functional.relu\n",
          setup};
}

}  // namespace tsinspect::cli
