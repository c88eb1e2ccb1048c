#include "libtorch/verify.h"

#include <algorithm>

#include "base/printable.h"
#include "render/text.h"
#include "report.h"
#include "runner.h"

namespace tsinspect::cli {
namespace {

struct CommandOptions {
  FileOptions files;
  VerifyRequest request;
};

void print_text(const VerifyResult& result, Report& report) {
  Output& out = report.out;
  for (const Finding& finding : result.differences) {
    out.print("{}: {}: {}\n", finding.rule,
              finding.where.empty() ? "(root)" : printable(finding.where),
              finding.message);
  }
  std::string compared =
      fmt::format("{} and {}, {}", counted(result.tensors, "tensor"),
                  counted(result.modules, "module"),
                  std::string_view(size_text(result.value_bytes)));
  if (result.differences.empty()) {
    out.print("{}: the same in {}\n", compared, result.reader);
  } else {
    out.print("{} compared with {}: {}\n", compared, result.reader,
              counted(result.differences.size(), "difference"));
  }
}

void print_json(const VerifyResult& result, Report& report) {
  Json& json = *report.json;
  json.member("reader", result.reader);
  json.key("compared");
  json.begin_object();
  json.member("tensors", result.tensors);
  json.member("modules", result.modules);
  json.member("bytes", result.value_bytes);
  json.end_object();
  json.member("same", result.differences.empty());
  report.findings.insert(report.findings.end(), result.differences.begin(),
                         result.differences.end());
}

void render(const CommandOptions& options, const Model& model, Report& report) {
  VerifyResult result = runner()->verify(model, options.request);
  if (report.json) {
    print_json(result, report);
  } else {
    report.print_heading(model);
    print_text(result, report);
  }
  if (!result.differences.empty()) {
    report.status = std::max(report.status, kNo);
  }
}

Action setup(Options* options) {
  auto values = std::make_shared<CommandOptions>();
  add_file_options(options, &values->files);
  options->push_back({"--trust", "",
                      "Execute code that reaches outside of the process",
                      &values->request.trust});
  options->push_back({"--library", "PATH",
                      "Load this library of custom operators first",
                      &values->request.libraries});
  return [values](Output& out) {
    return for_each_model(values->files, out,
                          [&](const Model& model, Report& report) {
                            render(*values, model, report);
                          });
  };
}

}  // namespace

Command verify_command() {
  return {.name = "verify",
          .summary = "LibTorch's own reading of a file against this one",
          .examples =
              "  tsinspect verify model.pt\n"
              "  tsinspect verify *.pt --json\n"
              "  tsinspect verify model.pt --library libcustom.so\n",
          .setup = setup,
          .needs_libtorch = true};
}

}  // namespace tsinspect::cli
