#include "base/printable.h"
#include "render/table.h"
#include "render/text.h"
#include "report.h"
#include "run_options.h"
#include "runner.h"

namespace tsinspect::cli {
namespace {

struct PreflightOptions {
  FileOptions files;
  RunOptions run;
  bool all = false;
};

const char* kind_of(const PreflightNeed& need) {
  return need.is_class ? "class" : need.in_bytecode ? "bytecode" : "operator";
}

void print_needs(Output& out, const std::vector<const PreflightNeed*>& rows) {
  const Column columns[] = {{.title = "needs", .shrink = 1},
                            {.title = "overload"},
                            {.title = "kind"},
                            {.title = "calls", .right = true},
                            {.title = "here"},
                            {.title = "of", .shrink = 2}};
  print_table(out, columns, rows.size(), [&](size_t i, Cells& cells) {
    const PreflightNeed& need = *rows[i];
    cells.text(need.name);
    if (need.is_class) {
      cells.blank();
    } else {
      need.overload ? cells.text(*need.overload) : cells.plain("?");
    }
    cells.plain(kind_of(need));
    cells.count(need.uses);
    cells.plain(need.is_missing ? "missing" : "yes");
    need.is_missing ? cells.plain(need.library) : cells.blank();
  });
}

void print_version(Output& out, const char* what,
                   const std::optional<PreflightVersion>& version) {
  if (!version) return;
  out.print("{} {}; this LibTorch reads {} to {}\n", what, version->found,
            version->least, version->most);
}

void print_text(const Model& model, const PreflightResult& result, bool all,
                Report& report) {
  Output& out = report.out;
  report.print_heading(model);
  std::vector<const PreflightNeed*> rows;
  uint64_t missing = 0;
  for (const PreflightNeed& need : result.needs) {
    missing += need.is_missing;
    if (all || need.is_missing) rows.push_back(&need);
  }
  if (!rows.empty()) print_needs(out, rows);
  out.print("needs {}, of which {} missing\n",
            counted(result.needs.size(), "operator"),
            missing == 0
                ? "none is"
                : fmt::format("{} {}", missing, missing == 1 ? "is" : "are"));
  print_version(out, "file version", result.file_version);
  print_version(out, "bytecode version", result.bytecode_version);
  for (const PreflightUpgrade& upgrade : result.upgrades) {
    out.print("{} changed with file version {}; LibTorch runs the old one\n",
              printable(upgrade.name), upgrade.version);
  }
  for (const std::string& problem : result.mobile_problems) {
    out.print("as bytecode: {}\n", problem);
  }
  for (const std::string& problem : result.problems) {
    out.print("{}\n", problem);
  }
  out.print("{} in LibTorch {}\n",
            result.would_load() ? "would load" : "would not load",
            runner()->libtorch_version());
}

void write_version(Json& json, const char* key,
                   const std::optional<PreflightVersion>& version) {
  json.key(key);
  if (!version) return json.null();
  json.begin_object();
  json.member("found", version->found);
  json.member("least", version->least);
  json.member("most", version->most);
  json.end_object();
}

void write_need(Json& json, const PreflightNeed& need) {
  json.begin_object();
  json.member("name", need.name);
  json.key("overload");
  need.overload ? json.value(*need.overload) : json.null();
  json.member("kind", kind_of(need));
  json.member("count", need.uses);
  json.member("missing", need.is_missing);
  json.member("library", need.library);
  json.member("first_use", need.first_use);
  json.end_object();
}

void print_json(const PreflightResult& result, Json& json) {
  json.member("libtorch", runner()->libtorch_version());
  json.member("would_load", result.would_load());
  json.member("problems", result.problems);
  json.member("mobile_problems", result.mobile_problems);
  write_version(json, "file_version", result.file_version);
  write_version(json, "bytecode_version", result.bytecode_version);
  json.key("needs");
  json.begin_array();
  for (const PreflightNeed& need : result.needs) write_need(json, need);
  json.end_array();
  json.key("upgrades");
  json.begin_array();
  for (const PreflightUpgrade& upgrade : result.upgrades) {
    json.begin_object();
    json.member("name", upgrade.name);
    json.member("version", upgrade.version);
    json.end_object();
  }
  json.end_array();
}

void run(const Model& model, const PreflightOptions& options, Report& report) {
  PreflightResult result =
      runner()->preflight(model, options.run.request.libraries);
  if (!result.would_load()) report.status = std::max(report.status, kNo);
  if (report.json) {
    print_json(result, *report.json);
  } else {
    print_text(model, result, options.all, report);
  }
}

Action setup(Options* options) {
  auto values = std::make_shared<PreflightOptions>();
  add_file_options(options, &values->files);
  options->insert(
      options->end(),
      {{"--all", "", "List all that it needs, not only what is missing",
        &values->all},
       library_option(&values->run.request.libraries)});
  return [values](Output& out) {
    return for_each_model(
        values->files, out,
        [&](const Model& model, Report& report) {
          run(model, *values, report);
        },
        open_partial);
  };
}

}  // namespace

Command preflight_command() {
  return {"preflight",
          "Would this LibTorch load it, and what is missing",
          "  tsinspect preflight model.pt\n"
          "  tsinspect preflight model.pt --all\n"
          "  tsinspect preflight model.pt --library libtorchvision.so\n",
          setup,
          true,
          true};
}

}  // namespace tsinspect::cli
