#include "base/printable.h"
#include "render/model_json.h"
#include "render/text.h"
#include "render/values.h"
#include "report.h"
#include "run_options.h"
#include "runner.h"
#include "save_tensors.h"
#include "tsinspect/values.h"

namespace tsinspect::cli {
namespace {

struct RunCommandOptions {
  FileOptions files;
  RunOptions run;
  std::optional<uint64_t> repeat;
  std::optional<uint64_t> precision;
  SaveOptions save;
  bool full = false;

  ValueStyle style() const {
    return {static_cast<int>(std::min<uint64_t>(precision.value_or(4), 64)),
            full};
  }
};

std::string number_text(double value) {
  std::string text = fmt::format("{}", value);
  bool is_integer = text.find_first_not_of("-0123456789") == text.npos;
  return is_integer ? text + ".0" : text;
}

// As Python writes it.
std::string plain_text(const RunOutput& output) {
  struct Writer {
    std::string operator()(std::monostate) const { return "None"; }
    std::string operator()(bool value) const {
      return value ? "True" : "False";
    }
    std::string operator()(int64_t value) const {
      return fmt::format("{}", value);
    }
    std::string operator()(double value) const { return number_text(value); }
    std::string operator()(const std::string& value) const {
      return is_string ? tsinspect::quoted(value) : printable(value);
    }
    bool is_string;
  };
  return std::visit(Writer{output.type == "str"}, output.value);
}

void print_output(const RunResult& result, const RunOutput& output,
                  const ValueStyle& style, Output& out) {
  if (output.tensor == kNoIndex) {
    out.print("{}: {}\n{}\n", printable(output.name), printable(output.type),
              plain_text(output));
    return;
  }
  const Tensor& tensor = result.model.tensors[output.tensor];
  out.print("{}: {} {}\n", printable(output.name),
            dtype_info(tensor.dtype).name, shape_text(tensor.shape));
  if (tensor.storage == kNoIndex) return;  // A meta tensor has no values.
  print_values(out, result.model, tensor, whole_slice(tensor.shape), style);
}

void print_timing(const RunResult& result, Output& out) {
  out.print("loaded in {:.1f} ms{}; run in {:.1f} ms", result.load_ms,
            result.mapped ? ", mapped" : "", result.first_ms);
  if (result.runs > 1) {
    out.print(", then {} in {:.1f} ms (median)",
              counted(result.runs - 1, "run"), result.median_ms);
  }
  out.print("; peak memory {}\n",
            std::string_view(size_text(result.peak_bytes)));
}

void print_text(const Model& model, const RunResult& result,
                const RunCommandOptions& options, Report& report) {
  report.print_heading(model);
  Output& out = report.out;
  for (const RunOutput& output : result.outputs) {
    if (!options.save.output.empty() && output.tensor != kNoIndex) continue;
    print_output(result, output, options.style(), out);
  }
  save_tensors(result.model, options.save, report);
  print_timing(result, out);
}

void write_plain(const RunOutput& output, Json& json) {
  struct Writer {
    Json& json;
    void operator()(std::monostate) const { json.null(); }
    void operator()(bool value) const { json.value(value); }
    void operator()(int64_t value) const { json.value(value); }
    void operator()(double value) const { json.value(value); }
    void operator()(const std::string& value) const { json.value(value); }
  };
  json.key("value");
  std::visit(Writer{json}, output.value);
}

void write_output(const RunResult& result, const RunOutput& output,
                  const RunCommandOptions& options, Json& json) {
  json.begin_object();
  if (output.tensor == kNoIndex) {
    json.member("name", output.name);
    json.member("type", output.type);
    write_plain(output, json);
    return json.end_object();
  }
  const Tensor& tensor = result.model.tensors[output.tensor];
  write_tensor(json, result.model, tensor);
  json.member("type", output.type);
  if (tensor.storage != kNoIndex) {
    json.member("sha256", sha256(result.model, tensor));
    if (options.save.output.empty()) {
      json.key("values");
      bool complete = write_values(json, result.model, tensor,
                                   whole_slice(tensor.shape), options.style());
      json.member("truncated", !complete);
    }
  }
  json.end_object();
}

void print_json(const RunResult& result, const RunCommandOptions& options,
                Report& report) {
  Json& json = *report.json;
  json.member("signature", result.schema);
  json.member("method", options.run.request.method);
  json.key("outputs");
  json.begin_array();
  for (const RunOutput& output : result.outputs) {
    write_output(result, output, options, json);
  }
  json.end_array();
  save_tensors(result.model, options.save, report);
  json.member("notes", result.notes);
  json.member("mapped", result.mapped);
  json.member("why_not_mapped", result.why_not_mapped);
  json.member("load_ms", result.load_ms);
  json.member("first_ms", result.first_ms);
  json.member("median_ms", result.median_ms);
  json.member("runs", result.runs);
  json.member("peak_bytes", result.peak_bytes);
  json.member("libtorch", runner()->libtorch_version());
}

void run(const Model& model, const RunCommandOptions& options, Report& report) {
  RunRequest request = options.run.request_for(report.file);
  RunResult result;
  run_within(options.run, report, [&] {
    result = runner()->run_model(request, options.repeat.value_or(0));
  });
  for (const std::string& note : result.notes) report.note(note);
  if (report.json) {
    print_json(result, options, report);
  } else {
    print_text(model, result, options, report);
  }
}

Action setup(Options* options) {
  auto values = std::make_shared<RunCommandOptions>();
  add_file_options(options, &values->files);
  add_run_options(options, &values->run);
  add_save_options(options, &values->save);
  options->insert(
      options->end(),
      {{"--full", "", "Every value, however many", &values->full},
       {"--precision", "N", "Digits behind the point (4)", &values->precision},
       {"--repeat", "N", "Run N times more, for the median of their times",
        &values->repeat}});
  return [values](Output& out) {
    check_save_options(values->save, values->files.files.size());
    return for_each_model(
        values->files, out,
        [&](const Model& model, Report& report) {
          run(model, *values, report);
        },
        open_program);
  };
}

}  // namespace

Command run_command() {
  return {"run", "Execute a model, and print or save what it returns",
          "  tsinspect run model.pt --input 'rand(1,3,224,224)' --seed 7\n"
          "  tsinspect run model.pt --input image.npy -o out.npz\n"
          "  tsinspect run model.pt --input 'ids=randint(100,(1,16))'\n"
          "  tsinspect run model.pt --method encode --input tokens.npz\n",
          setup, true};
}

}  // namespace tsinspect::cli
