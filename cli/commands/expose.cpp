#include "libtorch/expose.h"

#include "base/printable.h"
#include "render/text.h"
#include "report.h"
#include "run_options.h"
#include "runner.h"

namespace tsinspect::cli {
namespace {

struct ExposeOptions {
  FileOptions files = {{""}};
  RunOptions run;
  Selection selection;
  std::string output;
  bool force = false;
};

ExposeRequest request_for(const ExposeOptions& options,
                          const std::string& file) {
  ExposeRequest request;
  request.run = options.run.request_for(file);
  request.modules = options.selection.modules();
  request.operators = options.selection.operators();
  request.output = options.output;
  request.replace = options.force;
  return request;
}

void print_text(const ExposeResult& result, const ExposeOptions& options,
                Output& out) {
  out.print("wrote {}: {}; {} returns (output, names, values)\n",
            printable(options.output),
            std::string_view(size_text(result.file_bytes)),
            printable(options.run.request.method));
  out.print("{}, equal to what hooks see, bit for bit; so is the output\n",
            counted(result.names.size(), "activation"));
}

void run(const ExposeOptions& options, Report& report) {
  ExposeRequest request = request_for(options, report.file);
  ExposeResult result;
  run_within(options.run, report, [&] { result = runner()->expose(request); });
  for (const std::string& note : result.notes) report.note(note);
  if (!result.left_out.empty()) {
    report.note(fmt::format(
        "not in it, as only a run can tell whose they are: "
        "{}{}",
        printable(result.left_out.front()),
        result.left_out.size() == 1
            ? ""
            : fmt::format(" and {} more", result.left_out.size() - 1)));
  }
  if (!report.json) return print_text(result, options, report.out);
  report.json->member("output", options.output);
  report.json->member("file_bytes", result.file_bytes);
  report.json->member("names", result.names);
  report.json->member("left_out", result.left_out);
  report.json->member("notes", result.notes);
}

Action setup(Options* options) {
  auto values = std::make_shared<ExposeOptions>();
  *options = {{.name = "FILE",
               .value = "",
               .help = "TorchScript file",
               .target = &values->files.files[0],
               .required = true},
              {.name = "-o,--output",
               .value = "OUT",
               .help = "The file to write",
               .target = &values->output,
               .required = true},
              {"--json", "", "Print one JSON object", &values->files.json},
              {"--force", "", "Replace OUT if it exists", &values->force}};
  add_selection_options(options, &values->selection);
  add_run_options(options, &values->run);
  return [values](Output& out) {
    return for_each_model(
        values->files, out,
        [&](const Model&, Report& report) { run(*values, report); },
        open_program);
  };
}

}  // namespace

Command expose_command() {
  return {"expose", "Write a file that returns its own activations",
          "  tsinspect expose model.pt -o exposed.pt --input "
          "'rand(1,3,224,224)'\n"
          "  tsinspect expose model.pt -o exposed.pt --input x.npy --module "
          "'layer4.*'\n",
          setup, true};
}

}  // namespace tsinspect::cli
