#include "render/info.h"

#include <algorithm>

#include "report.h"
#include "tsinspect/layers.h"
#include "tsinspect/summary.h"

namespace tsinspect::cli {
namespace {

// A frozen model's layers, without arithmetic with single numbers.
std::vector<Layer> frozen_layers(const Model& model) {
  if (model.form != Form::kTorchScriptFrozen) return {};
  std::vector<Layer> all = layers(model);
  std::erase_if(all, [&](const Layer& layer) {
    return std::ranges::all_of(layer.tensors, [&](const LayerTensor& taken) {
      return model.tensors[taken.tensor].shape.empty();
    });
  });
  return all;
}

void print(const Model& model, Report& report) {
  Summary summary = summarize(model);
  std::vector<Layer> frozen = frozen_layers(model);
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
