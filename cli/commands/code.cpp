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
  std::string names_from;
  bool source = false;
  bool json = false;
};

// Shows code of one model.
class CodeView {
 public:
  CodeView(const Model& model, bool source, Report& report)
      : report_(report), constants_(model) {
    if (source) reader_.emplace(model);
  }

  void print(const CodePart& part) {
    auto notes = constants_.notes(part.text);
    if (auto origins = open_origins(part)) {
      auto above = origin_notes(&*origins, part);
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
  }

  // What --source brought to light of the author's machine.
  void tell_path() {
    if (!reader_ || reader_->absolute_path().empty()) return;
    Finding finding = path_finding(reader_->absolute_path());
    if (!report_.json) report_.note(finding.message);
    report_.findings.push_back(std::move(finding));
  }

 private:
  // A debug record that cannot be read does not keep the code from being shown.
  std::optional<CodeOrigins> open_origins(const CodePart& part) {
    std::optional<CodeOrigins> origins;
    if (!reader_) return origins;
    report_.guard([&] { origins.emplace(reader_->open(part.place.record)); });
    return origins;
  }

  Report& report_;
  const ConstantNotes constants_;
  std::optional<OriginReader> reader_;
};

void print_all(const std::vector<CodeRecord>& records, CodeView& view,
               Output& out) {
  for (size_t i = 0; i < records.size(); ++i) {
    if (i > 0) out.put('\n');
    print_code_heading(out, records[i].name, wants_colors(out));
    view.print(whole_record(records[i]));
  }
}

void write_all(const std::vector<CodeRecord>& records, CodeView& view,
               Json& json) {
  json.key("code");
  json.begin_array();
  for (const CodeRecord& record : records) {
    json.begin_object();
    write_code_record(json, record);
    view.write_origins(whole_record(record));
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
    if (!report.json) tell_unreadable(model, report);
    auto records = code_records(model);
    report.json ? write_all(records, view, *report.json)
                : print_all(records, view, report.out);
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
      names_from_option(&values->names_from),
      {"--json", "", "Print one JSON object", &values->json},
  };
  return [values](Output& out) {
    FileOptions files = {{values->file}, values->json, values->names_from};
    // A name may be a module's path.
    auto open = values->name.empty() ? open_program : open_model;
    auto show = [&](const Model& model, Report& report) {
      run(model, *values, report);
    };
    return for_each_model(files, out, show, open);
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
