#include "save_tensors.h"

#include "base/printable.h"
#include "render/text.h"
#include "tsinspect/export.h"

namespace tsinspect::cli {

void add_save_options(Options* options, SaveOptions* values) {
  options->insert(
      options->end(),
      {{"-o,--output", "OUT", "Write the tensors: .safetensors, .npz, .pt, …",
        &values->output},
       {"--force", "", "Replace OUT if it exists", &values->force}});
}

void check_save_options(const SaveOptions& options, size_t files) {
  if (options.output.empty()) return;
  if (files > 1) throw UsageError{"-o takes the tensors of one file"};
  if (find_export_format_of(options.output) == nullptr) {
    throw UsageError{
        fmt::format("the name {} does not say the format: .safetensors, .npz "
                    "or .pt",
                    tsinspect::quoted(options.output))};
  }
}

void save_tensors(const Model& model, const SaveOptions& options,
                  Report& report) {
  if (options.output.empty()) return;
  ExportOptions export_options;
  export_options.force = options.force;
  ExportResult saved = export_tensors(model, options.output, export_options);
  if (report.json) return report.json->member("output", options.output);
  report.out.print("wrote {}: {}, {}\n", printable(options.output),
                   counted(saved.tensors.size(), "tensor"),
                   std::string_view(size_text(saved.file_bytes)));
}

}  // namespace tsinspect::cli
