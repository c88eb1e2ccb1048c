#include "tsinspect/export.h"

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>

#include "base/printable.h"
#include "interrupt.h"
#include "progress.h"
#include "render/text.h"
#include "report.h"

namespace tsinspect::cli {
namespace {

struct ExportCommandOptions {
  std::string file;
  std::vector<std::string> names;
  std::string output;
  std::string format;
  std::vector<std::string> filter;
  std::vector<std::string> strip_prefixes;
  std::vector<std::string> renames;
  std::string dtype;
  std::string ties;
  std::vector<std::string> metadata;
  std::string names_from;
  bool force = false;
  bool json = false;
};

std::string format_names() {
  std::string names;
  for (const ExportFormat& format : export_formats()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", format.suffix);
  }
  return names;
}

const ExportFormat* pick_format(const ExportCommandOptions& options) {
  if (!options.format.empty()) return find_export_format(options.format);
  const ExportFormat* format = find_export_format_of(options.output);
  if (format != nullptr) return format;
  throw UsageError{
      fmt::format("the name {} does not say the format ({}): add --to",
                  tsinspect::quoted(options.output), format_names())};
}

// The two sides of an option's "KEY=VALUE".
std::pair<std::string, std::string> split(const char* option,
                                          const std::string& text) {
  size_t equals = text.find('=');
  if (equals == text.npos) {
    throw UsageError{fmt::format("{} needs an equals sign in {}", option,
                                 tsinspect::quoted(text))};
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

RenameRule rename_rule(const std::string& text) {
  auto [from, to] = split("--rename", text);
  if (std::ranges::count(to, '*') > std::ranges::count(from, '*')) {
    throw UsageError{fmt::format("--rename {} has more stars on its right side",
                                 tsinspect::quoted(text))};
  }
  return {from, to};
}

DType pick_dtype(const std::string& name) {
  const DTypeInfo* info = find_dtype(name);
  if (info != nullptr && is_export_dtype(info->dtype)) return info->dtype;
  throw UsageError{
      fmt::format("--dtype needs a floating dtype (float32, "
                  "float16, bfloat16, float64, float8_e4m3fn, …), int8 "
                  "or uint8, not {}",
                  tsinspect::quoted(name))};
}

ExportOptions make_options(const ExportCommandOptions& values) {
  ExportOptions options;
  options.format = pick_format(values);
  options.names = values.names;
  options.filter = NameFilter(values.filter);
  options.strip_prefixes = values.strip_prefixes;
  for (const std::string& text : values.renames) {
    options.renames.push_back(rename_rule(text));
  }
  if (!values.dtype.empty()) options.dtype = pick_dtype(values.dtype);
  if (values.ties == "refuse") options.ties = Ties::kRefuse;
  for (const std::string& text : values.metadata) {
    options.metadata.push_back(split("--metadata", text));
  }
  if (!options.metadata.empty() && !options.format->has_metadata) {
    throw UsageError{
        fmt::format("{} has no place for --metadata", options.format->name)};
  }
  options.recovered_names = !values.names_from.empty();
  options.force = values.force;
  return options;
}

// Of a .pt, which torch::pickle_load cannot read everything in.
void note_what_only_python_reads(const ExportResult& result, Report& report) {
  if (result.format->name != std::string_view("pt")) return;
  for (const ExportedTensor& row : result.tensors) {
    const DTypeInfo& info = dtype_info(row.dtype);
    if (info.storage_class != nullptr) continue;
    report.note(
        fmt::format("torch.load reads {} in a .pt, torch::pickle_load does not",
                    info.name));
    return;
  }
}

void report_notes(const Model& model, const ExportResult& result,
                  Report& report) {
  for (const ExportedTensor& row : result.tensors) {
    if (row.overflowed == 0) continue;
    report.note(fmt::format(
        "tensor '{}': {} of {} too large for {}",
        printable(model.tensors[row.tensor].name),
        counted(row.overflowed, "value"),
        std::string_view(count_text(model.tensors[row.tensor].elements())),
        dtype_info(row.dtype).name));
  }
  if (!result.left_out.empty()) {
    std::string others =
        result.left_out.size() > 1
            ? fmt::format(" and {} more", result.left_out.size() - 1)
            : std::string();
    report.note(
        fmt::format("left out: {}{}: {} has no string",
                    tsinspect::quoted(model.tensors[result.left_out[0]].name),
                    others, result.format->name));
  }
  if (result.dropped_metadata) {
    report.note(fmt::format("the metadata is left out: {} has no place for it",
                            result.format->name));
  }
  note_what_only_python_reads(result, report);
}

void print_text(const std::string& path, const ExportResult& result,
                Output& out) {
  uint64_t tied = 0;
  for (const ExportedTensor& row : result.tensors) {
    tied += row.tied_to != kNoIndex;
  }
  out.print("wrote {}: {}, {}", printable(path),
            counted(result.tensors.size(), "tensor"),
            std::string_view(size_text(result.file_bytes)));
  if (tied > 0) {
    out.print("; {} {}", counted(tied, "tied tensor"),
              result.keeps_ties ? (tied == 1 ? "stays tied" : "stay tied")
              : tied == 1       ? "stands twice"
                                : "stand again");
  }
  out.put('\n');
}

void print_json(const Model& model, const std::string& path,
                const ExportResult& result, Json& json) {
  json.member("output", path);
  json.member("format", result.format->name);
  json.member("bytes", result.file_bytes);
  json.key("left_out");
  json.begin_array();
  for (uint32_t row : result.left_out) json.value(model.tensors[row].name);
  json.end_array();
  json.key("tensors");
  json.begin_array();
  for (const ExportedTensor& row : result.tensors) {
    const Tensor& tensor = model.tensors[row.tensor];
    json.begin_object();
    json.member("name", row.name);
    json.member("from", tensor.name);
    json.member("dtype", dtype_info(row.dtype).name);
    json.member("from_dtype", dtype_info(tensor.dtype).name);
    json.key("shape");
    json.value(std::span<const int64_t>(tensor.shape));
    json.member("bytes", row.size_bytes);
    json.key("tied_to");
    if (row.tied_to == kNoIndex) {
      json.null();
    } else {
      json.value(result.tensors[row.tied_to].name);
    }
    json.member("overflowed", row.overflowed);
    json.end_object();
  }
  json.end_array();
}

// Exports, showing how far it is, until it is done or interrupted.
ExportResult write(const Model& model, const std::string& path,
                   ExportOptions options) {
  std::optional<Progress> progress;
  uint64_t shown = 0;
  options.progress = [&](uint64_t done, uint64_t total) {
    if (!progress) progress.emplace(total);
    progress->add(done - std::exchange(shown, done));
    return !InterruptGuard::interrupted();
  };
  return export_tensors(model, path, options);
}

void run(const Model& model, const std::string& path,
         const ExportOptions& options, Report& report) {
  ExportResult result = write(model, path, options);
  report_notes(model, result, report);
  if (report.json) {
    print_json(model, path, result, *report.json);
  } else {
    print_text(path, result, report.out);
  }
}

Action setup(Options* options) {
  auto values = std::make_shared<ExportCommandOptions>();
  std::vector<std::string> formats;
  for (const ExportFormat& format : export_formats()) {
    formats.push_back(format.name);
  }
  *options = {
      {.name = "FILE",
       .value = "",
       .help = "Model file, or a folder that holds one",
       .target = &values->file,
       .required = true},
      {"NAME", "", "Tensors to write; all of them if none is named",
       &values->names},
      {.name = "-o,--output",
       .value = "OUT",
       .help = "File to write; its suffix says the format",
       .target = &values->output,
       .required = true},
      {.name = "--to",
       .value = "FORMAT",
       .help = "safetensors, npz, npy, pt or csv, whatever the suffix",
       .target = &values->format,
       .choices = formats},
      filter_option(&values->filter),
      {"--strip-prefix", "TEXT", "Cut off where a name begins with it",
       &values->strip_prefixes},
      {"--rename", "OLD=NEW",
       "'enc.*.w=encoder.*.weight'; the first fit counts", &values->renames},
      {"--dtype", "DTYPE", "Of floating and quantised tensors only; rounds",
       &values->dtype},
      {.name = "--ties",
       .value = "HOW",
       .help = "duplicate (default) or refuse; a .pt keeps ties",
       .target = &values->ties,
       .choices = {"duplicate", "refuse"}},
      {"--metadata", "KEY=TEXT", "Add to a safetensors' own; no TEXT removes",
       &values->metadata},
      {"--force", "", "Replace OUT if it exists", &values->force},
      names_from_option(&values->names_from),
      {"--json", "", "Print one JSON object", &values->json},
  };
  return [values](Output& out) {
    ExportOptions export_options = make_options(*values);
    // A limit on file sizes is a full disk like any other.
    std::signal(SIGXFSZ, SIG_IGN);
    InterruptGuard guard;
    FileOptions files = {{values->file}, values->json, values->names_from};
    return for_each_model(files, out, [&](const Model& model, Report& report) {
      run(model, values->output, export_options, report);
    });
  };
}

}  // namespace

Command export_command() {
  return {"export", "Write tensors as safetensors, NumPy, .pt or CSV",
          "  tsinspect export pytorch_model.bin -o model.safetensors\n"
          "  tsinspect export model.pt -o half.safetensors --dtype bfloat16\n"
          "  tsinspect export model.pt -o arrays.npz --filter 'encoder.*'\n"
          "  tsinspect export scripted.pt -o weights.pt --strip-prefix model.\n"
          "  tsinspect export model.pt fc.bias -o bias.csv\n",
          setup};
}

}  // namespace tsinspect::cli
