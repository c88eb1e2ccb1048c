#include "render/info.h"

#include "report.h"
#include "tsinspect/layers.h"
#include "tsinspect/summary.h"

namespace tsinspect::cli {
namespace {

void print(const Model& model, Report& report) {
  Summary summary = summarize(model);
  std::vector<Layer> frozen;
  if (model.form == Form::kTorchScriptFrozen) frozen = layers(model);
  if (report.json) {
    write_info(*report.json, model, summary, frozen);
  } else {
    if (report.index > 0) report.out.put('\n');
    print_info(report.out, report.file, model, summary, frozen);
  }
}

Action setup(Options* options) {
  auto values = std::make_shared<FileOptions>();
  add_file_options(options, values.get());
  options->push_back(names_from_option(&values->names_from));
  return [values](Output& out) {
    return for_each_model(*values, out, print, open_partial);
  };
}

}  // namespace

Command info_command() {
  return {"info", "What is this file: form, sizes, counts, methods, keys",
          "  tsinspect info model.pt\n"
          "  tsinspect model.pt\n"
          "  tsinspect info *.safetensors --json\n",
          setup};
}

}  // namespace tsinspect::cli
