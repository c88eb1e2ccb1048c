#include "report.h"

#include <algorithm>
#include <cstdio>

#include "base/printable.h"
#include "render/model_json.h"
#include "render/text.h"
#include "tsinspect/recovered_names.h"

namespace tsinspect::cli {
namespace {

// Writes the file's members, whatever is thrown on the way.
void render_model(const Model& model, Report& report,
                  const std::function<void(const Model&, Report&)>& render) {
  if (report.json) report.json->member("form", to_string(model.form));
  render(model, report);
  if (report.json) write_findings(*report.json, model, report.findings);
  if (model.stopped) report.fail(*model.stopped);
}

// Says so where an original gave no names.
void tell_recovery(const NameRecovery& names, const Model& original,
                   Report& report) {
  if (names.equal + names.folded > 0) return;
  report.note(names.constants == 0
                  ? "it has no constants that --names-from could name"
                  : fmt::format("none of its {} is a tensor of {}",
                                counted(names.constants, "constant"),
                                printable(original.path)));
}

void render_file(Report& report, const Model* original,
                 const std::function<void(const Model&, Report&)>& render,
                 const ModelOpener& open) {
  report.guard([&] {
    Model model = open(report.file, {});
    NameRecovery names = recover_names(&model, original);
    if (original != nullptr) tell_recovery(names, *original, report);
    render_model(model, report, render);
  });
}

// The model that --names-from names, which may have packed parameters itself.
Model open_original(const std::string& path) {
  Model model = open_model(path);
  recover_names(&model);
  return model;
}

void begin_json(const Report& report) {
  report.json->begin_object();
  report.json->member("schema", "tsinspect/1");
  report.json->member("file", report.file);
}

void write_failure(Json& json, const Report& report, bool says_whose) {
  const auto& failure = report.failure();
  if (!failure) return json.null();
  json.begin_object();
  if (says_whose) json.member("file", report.file);
  json.member("kind", failure->kind);
  json.member("message", failure->message);
  json.key("offset");
  failure->offset == Error::kNoOffset ? json.null()
                                      : json.value(failure->offset);
  json.end_object();
}

void finish(Json& json, const Report& report, bool says_whose) {
  json.close_to(1);  // What an error left open.
  json.key("error");
  write_failure(json, report, says_whose);
  json.end_object();
  report.out.put('\n');
}

// Every file fails as `failed` did; the user has been told.
int fail_files(const FileOptions& options, const Report& failed) {
  if (!options.json) return failed.status;
  for (const std::string& file : options.files) {
    Json json(failed.out);
    Report report(failed.out, &json, file, 0, 1);
    begin_json(report);
    report.failed_as(failed);
    finish_json(report);
  }
  return failed.status;
}

}  // namespace

void add_file_options(Options* options, FileOptions* values) {
  options->push_back({.name = "FILE",
                      .value = "",
                      .help = "Model file, or a folder that holds one",
                      .target = &values->files,
                      .required = true});
  options->push_back({.name = "--json",
                      .value = "",
                      .help = "Print one JSON object a file, one a line",
                      .target = &values->json});
}

Option names_from_option(std::string* target) {
  return {"--names-from", "ORIGINAL",
          "Name a frozen file's constants as in this model", target};
}

void Report::fail(const Error& error) {
  fail(to_string(error.kind()), error.what(), error.offset());
}

void Report::fail(const char* kind, const char* message, uint64_t offset) {
  out.flush();  // So that a terminal shows the two streams in order.
  fmt::print(stderr, "tsinspect: {}: {}: {}\n", printable(file), kind, message);
  status = kFailed;
  if (!failure_) failure_ = {kind, message, offset};
}

void Report::guard(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    fail(error);
  } catch (const std::bad_alloc&) {
    fail("limit exceeded", "not enough memory", Error::kNoOffset);
  } catch (const std::exception& error) {
    fail("internal error", error.what(), Error::kNoOffset);
  }
}

void Report::note(const std::string& message) {
  out.flush();
  fmt::print(stderr, "tsinspect: {}: {}\n", printable(file), message);
}

void Report::tell(const std::vector<Finding>& found) {
  for (const Finding& finding : found) {
    note(finding.where + ": " + finding.message);
  }
  findings.insert(findings.end(), found.begin(), found.end());
}

void Report::print_heading(const Model& model) {
  if (count == 1) return;
  out.print("{}{}: {}\n", index ? "\n" : "", printable(file),
            to_string(model.form));
}

void finish_json(const Report& report) {
  if (report.json != nullptr) finish(*report.json, report, false);
}

void finish_json(Json& json, const Report& a, const Report& b) {
  finish(json, a.failure() ? a : b, true);
}

int for_each_model(const FileOptions& options, Output& out,
                   const std::function<void(const Model&, Report&)>& render,
                   const ModelOpener& open) {
  int status = kOk;
  std::optional<Model> original;
  if (!options.names_from.empty()) {
    Report report(out, nullptr, options.names_from, 0, 1);
    report.guard([&] { original = open_original(options.names_from); });
    if (!original) return fail_files(options, report);
  }
  for (size_t i = 0; i < options.files.size(); ++i) {
    Json json(out);
    Report report(out, options.json ? &json : nullptr, options.files[i], i,
                  options.files.size());
    if (options.json) begin_json(report);
    render_file(report, original ? &*original : nullptr, render, open);
    finish_json(report);
    status = std::max(status, report.status);
  }
  return status;
}

}  // namespace tsinspect::cli
