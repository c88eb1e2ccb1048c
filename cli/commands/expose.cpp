#include "libtorch/expose.h"

#include <csignal>
#include <optional>

#include "base/printable.h"
#include "render/exposure.h"
#include "render/text.h"
#include "report.h"
#include "run_options.h"
#include "runner.h"
#include "tsinspect/expose.h"

namespace tsinspect::cli {
namespace {

struct ExposeOptions {
  FileOptions files = {{""}};
  RunOptions run;
  std::vector<std::string> modules;
  std::vector<std::string> nodes;  // An empty one stands for all.
  std::string output;
  bool force = false;

  const std::string& file() const { return files.files[0]; }
};

// What --nodes selects: every node where it has no value.
std::vector<std::string> node_globs(const ExposeOptions& options) {
  std::vector<std::string> globs;
  for (const std::string& glob : options.nodes) {
    if (!glob.empty()) globs.push_back(glob);
  }
  return globs;
}

Selection selection_of(const ExposeOptions& options) {
  Selection selection = {options.modules, !options.nodes.empty()};
  for (std::string& glob : node_globs(options)) {
    selection.globs.push_back(std::move(glob));
  }
  return selection;
}

ExposeRequest request_for(const ExposeOptions& options,
                          const std::string& file) {
  ExposeRequest request;
  request.run = options.run.request_for(file);
  Selection selection = selection_of(options);
  request.modules = selection.modules();
  request.operators = selection.operators();
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

void run_program(const ExposeOptions& options, Report& report) {
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

void edit_file(const Model& model, const ExposeOptions& options,
               Report& report) {
  ExposeFileOptions file_options;
  file_options.nodes = NameFilter(node_globs(options));
  file_options.output = options.output;
  file_options.replace = options.force;
  Exposure result = expose_file(model, file_options);
  note_left_out(result, report);
  if (report.json) {
    print_exposure_json(result, options.output, *report.json);
  } else {
    print_exposure_text(result, options.output, report.out);
  }
}

// Throws UsageError for what makes no sense with a file that is edited, and
// not run.
void check_edit(const ExposeOptions& options, const ExposeForm& form) {
  const RunRequest& run = options.run.request;
  bool runs = !run.inputs.empty() || !run.libraries.empty() || run.trust ||
              options.run.seed || options.run.threads || options.run.timeout;
  if (runs || !options.modules.empty()) {
    throw UsageError{fmt::format(
        "{} files are not run: of the options, only --nodes, --output, --force "
        "and --json are for them",
        to_string(form.form))};
  }
  if (form.writes || options.output.empty()) return;
  throw UsageError{fmt::format(
      "there is no --output: a {} file gives any of its values by name",
      to_string(form.form))};
}

// Before anything is done. Throws UsageError, and NeedsLibtorch.
void check(const ExposeOptions& options, const Model& model) {
  const ExposeForm* form = find_expose_form(model.form);
  if (form != nullptr) check_edit(options, *form);
  if ((form == nullptr || form->writes) && options.output.empty()) {
    throw UsageError{"--output is required"};
  }
  if (form == nullptr && runner() == nullptr) throw NeedsLibtorch{};
}

int run(const ExposeOptions& options, Output& out) {
  // A limit on file sizes is a full disk like any other.
  std::signal(SIGXFSZ, SIG_IGN);
  std::optional<Model> opened;
  try {
    opened = open_program(options.file());
  } catch (const std::exception&) {
    // Told of when it fails again.
  }
  if (opened) check(options, *opened);
  return for_each_model(
      options.files, out,
      [&](const Model& model, Report& report) {
        if (find_expose_form(model.form) != nullptr) {
          edit_file(model, options, report);
        } else {
          run_program(options, report);
        }
      },
      [&](const std::string& path, const Limits& limits) {
        return opened ? std::move(*opened) : open_program(path, limits);
      });
}

Action setup(Options* options) {
  auto values = std::make_shared<ExposeOptions>();
  *options = {
      {.name = "FILE",
       .value = "",
       .help = "TorchScript, ONNX, or frozen graph; SavedModel folder",
       .target = &values->files.files[0],
       .required = true},
      {"-o,--output", "OUT",
       "The file or folder to write; none for a frozen graph", &values->output},
      {"--json", "", "Print one JSON object", &values->files.json},
      {"--force", "", "Replace OUT if it exists", &values->force},
      {"--nodes", "[GLOB]",
       "Of these nodes or values; TorchScript: of operators", &values->nodes},
      {"--module", "GLOB", "Only these: PATH or PATH::METHOD; `!` negates",
       &values->modules}};
  add_run_options(options, &values->run);
  return [values](Output& out) { return run(*values, out); };
}

}  // namespace

Command expose_command() {
  return {
      .name = "expose",
      .summary = "Write a file that returns its own activations",
      .examples =
          "  tsinspect expose model.pt -o exposed.pt --input "
          "'rand(1,3,224,224)'\n"
          "  tsinspect expose model.pt -o exposed.pt --input x.npy --module "
          "'layer4.*'\n"
          "  tsinspect expose model.onnx -o exposed.onnx --nodes Relu\n"
          "  tsinspect expose saved_model/ -o exposed/ --nodes "
          "'*/dense*/BiasAdd'\n"
          "  tsinspect expose frozen.pb\n",
      .setup = setup,
      .needs_libtorch = true,
      .only_torchscript = true};
}

}  // namespace tsinspect::cli
