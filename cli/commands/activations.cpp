#include "libtorch/activations.h"

#include <algorithm>

#include "base/printable.h"
#include "render/model_json.h"
#include "render/stats.h"
#include "render/table.h"
#include "render/text.h"
#include "render/values.h"
#include "report.h"
#include "run_options.h"
#include "runner.h"
#include "save_tensors.h"
#include "tensor_names.h"
#include "tsinspect/names.h"
#include "tsinspect/values.h"

namespace tsinspect::cli {
namespace {

constexpr uint32_t kBins = 20;
// Narrower terminals do without some columns.
constexpr size_t kAllColumns = 130;
constexpr size_t kShapeColumns = 90;

struct ActivationsOptions {
  FileOptions files;
  RunOptions run;
  Selection selection;
  std::vector<std::string> values;
  SaveOptions save;
  std::string halt_after;
  bool inputs = false, check = false, histogram = false;
  bool sha256 = false;

  bool keeps_all() const { return sha256 || !save.output.empty(); }
};

// `conv1[0, :3]`: the name of an activation, and a slice of it.
struct Wanted {
  explicit Wanted(const std::string& text) {
    size_t bracket = text.ends_with(']') ? text.rfind('[') : std::string::npos;
    name = text.substr(0, bracket);
    if (bracket == std::string::npos) return;
    slice = text.substr(bracket);
  }
  std::string name;
  std::string slice;  // With its brackets; empty for the whole.
};

ActivationsRequest request_for(const ActivationsOptions& options,
                               const std::vector<Wanted>& wanted,
                               const std::string& file) {
  ActivationsRequest request;
  request.run = options.run.request_for(file);
  request.modules = options.selection.modules();
  request.operators = options.selection.operators();
  request.inputs = options.inputs;
  request.halt_after = options.halt_after;
  request.statistics.histogram_bins = options.histogram ? kBins : 0;
  if (options.keeps_all()) {
    request.keep = [](const std::string&) { return true; };
  } else if (!wanted.empty()) {
    request.keep = [wanted](const std::string& name) {
      return std::ranges::find(wanted, name, &Wanted::name) != wanted.end();
    };
  }
  return request;
}

// The last part of a class's name, or an operator.
std::string short_type(const ActivationRow& row) {
  if (row.method.empty()) return row.type;
  return row.type.substr(row.type.rfind('.') + 1);
}

// What the times are shares of: the module's own, where it was looked at.
double whole_ms(const ActivationsResult& result) {
  for (const ActivationRow& row : result.rows) {
    if (row.path.empty() && !row.method.empty()) return row.milliseconds;
  }
  return result.run_ms;
}

// A row's notes: what is conspicuous, or the value of what is no tensor.
std::string notes_of(const ActivationsResult& result,
                     const ActivationRow& row) {
  if (row.tensor == kNoIndex) return printable(row.text);
  Tensor tensor = result.values.tensors[row.tensor];
  if (row.stats.error) return printable(row.stats.error->what());
  tensor.storage = 0;  // That its values were not kept is no news.
  return notes_text(tensor, row.stats);
}

void print_table(Output& out, const ActivationsResult& result) {
  size_t width = out.columns() == 0 ? SIZE_MAX : out.columns();
  bool wide = width >= kAllColumns, shape = width >= kShapeColumns;
  std::vector<Column> columns = {{.title = "activation", .shrink = 1}};
  if (wide) columns.push_back({.title = "type", .shrink = 3});
  if (wide) columns.push_back({"dtype"});
  if (shape) columns.push_back({"shape"});
  for (const char* title :
       {"min", "max", "mean", "std", "zeros", "ms", "share"}) {
    columns.push_back({.title = title, .right = true});
  }
  columns.push_back({.title = "notes", .shrink = 2});
  double whole = whole_ms(result);
  print_table(out, columns, result.rows.size(), [&](size_t i, Cells& cells) {
    const ActivationRow& row = result.rows[i];
    const Tensor* tensor =
        row.tensor == kNoIndex ? nullptr : &result.values.tensors[row.tensor];
    cells.text(row.name);
    if (wide) cells.text(short_type(row));
    if (wide)
      tensor ? cells.plain(dtype_info(tensor->dtype).name) : cells.plain("");
    if (shape) tensor ? cells.shape(tensor->shape) : cells.plain("");
    if (tensor && has_values(row.stats)) {
      cells.plain(number_text(row.stats.min));
      cells.plain(number_text(row.stats.max));
      cells.plain(number_text(Number(row.stats.mean)));
      cells.plain(number_text(Number(row.stats.std)));
      cells.plain(share_text(row.stats.zeros, row.stats.count));
    } else {
      for (int column = 0; column < 5; ++column) cells.plain("");
    }
    // A call's time stands once, by the first of its outputs.
    bool is_first = !row.is_input && (i == 0 || result.rows[i - 1].is_input ||
                                      result.rows[i - 1].path != row.path ||
                                      result.rows[i - 1].call != row.call ||
                                      result.rows[i - 1].method != row.method);
    if (is_first) {
      cells.plain(fmt::format("{:.2f}", row.milliseconds));
      cells.plain(fmt::format("{:.0f} %", 100 * row.milliseconds / whole));
    } else {
      cells.plain("");
      cells.plain("");
    }
    cells.escaped(notes_of(result, row));
  });
}

uint64_t not_finite_count(const ActivationsResult& result,
                          const ActivationRow** first) {
  uint64_t count = 0;
  for (const ActivationRow& row : result.rows) {
    if (row.tensor == kNoIndex || row.stats.is_finite()) continue;
    if (count++ == 0) *first = &row;
  }
  return count;
}

// The first activation that is not finite, loudly. Whether there is none.
bool check(const ActivationsResult& result, Report& report) {
  const ActivationRow* first = nullptr;
  uint64_t count = not_finite_count(result, &first);
  if (count == 0) return true;
  report.note(fmt::format(
      "not finite: first {}{}: {}{}", tsinspect::quoted(first->name),
      first->is_input ? ", an input" : "", notes_of(result, *first),
      count > 1 ? fmt::format("; and {} more", count - 1) : ""));
  return false;
}

uint32_t find_tensor(const ActivationsResult& result, const std::string& name) {
  std::vector<std::string_view> names;
  for (const ActivationRow& row : result.rows) {
    if (row.name == name && row.tensor != kNoIndex) return row.tensor;
    names.push_back(row.name);
  }
  std::string near = closest_name(name, names);
  throw Error(ErrorKind::kNotFound,
              fmt::format("no activation {}{}", tsinspect::quoted(name),
                          near.empty() ? "" : "; did you mean " + near));
}

void print_wanted(const ActivationsResult& result, const Wanted& wanted,
                  Output& out) {
  const Tensor& tensor =
      result.values.tensors[find_tensor(result, wanted.name)];
  Slice slice = slice_of(tensor, wanted.slice);
  out.print("\n{}: {} {}\n", printable(wanted.name + wanted.slice),
            dtype_info(tensor.dtype).name, shape_text(slice.shape()));
  print_values(out, result.values, tensor, slice, {});
}

StatsTable stats_table(const ActivationsResult& result,
                       std::vector<uint32_t>* rows,
                       std::vector<TensorStats>* stats) {
  for (const ActivationRow& row : result.rows) {
    if (row.tensor == kNoIndex) continue;
    rows->push_back(row.tensor);
    stats->push_back(row.stats);
  }
  return {result.values, *rows, *stats, false};
}

void print_text(const Model& model, const ActivationsResult& result,
                const std::vector<Wanted>& wanted, bool histogram,
                Report& report) {
  report.print_heading(model);
  Output& out = report.out;
  if (!result.rows.empty()) print_table(out, result);
  out.print(
      "{}; output {}; loaded in {:.1f} ms{}, run in {:.1f} ms, looked into in "
      "{:.1f} ms; peak memory {}\n",
      counted(result.rows.size(), "activation"),
      result.halted ? "not reached" : "equal to the plain run's, bit for bit",
      result.load_ms, result.mapped ? ", mapped" : "", result.run_ms,
      result.captured_ms, std::string_view(size_text(result.peak_bytes)));
  for (const Wanted& each : wanted) print_wanted(result, each, out);
  if (histogram) {
    std::vector<uint32_t> rows;
    std::vector<TensorStats> stats;
    print_histograms(out, stats_table(result, &rows, &stats));
  }
}

void write_row(const ActivationsResult& result, const ActivationRow& row,
               const std::vector<Wanted>& wanted, bool with_sha256,
               Json& json) {
  json.begin_object();
  json.member("name", row.name);
  json.member("path", row.path);
  json.member("method", row.method);
  json.member("call", row.call);
  json.member("type", row.type);
  json.member("kind", row.method.empty() ? "operator" : "module");
  json.member("input", row.is_input);
  json.member("ms", row.milliseconds);
  if (row.tensor == kNoIndex) {
    json.member("value", row.text);
    return json.end_object();
  }
  const Tensor& tensor = result.values.tensors[row.tensor];
  json.member("dtype", dtype_info(tensor.dtype).name);
  json.member("shape", std::span<const int64_t>(tensor.shape));
  if (with_sha256) json.member("sha256", sha256(result.values, tensor));
  write_stats(json, tensor, row.stats);
  auto found = std::ranges::find(wanted, row.name, &Wanted::name);
  if (found != wanted.end()) {
    if (!found->slice.empty()) json.member("slice", found->slice);
    json.key("values");
    bool complete = write_values(json, result.values, tensor,
                                 slice_of(tensor, found->slice), {});
    json.member("truncated", !complete);
  }
  json.end_object();
}

void print_json(const ActivationsResult& result,
                const ActivationsOptions& options,
                const std::vector<Wanted>& wanted, Json& json) {
  json.member("signature", result.schema);
  json.member("method", options.run.request.method);
  json.key("activations");
  json.begin_array();
  for (const ActivationRow& row : result.rows) {
    write_row(result, row, wanted, options.sha256, json);
  }
  json.end_array();
  json.member("notes", result.notes);
  json.member("halted", result.halted);
  json.member("mapped", result.mapped);
  json.member("load_ms", result.load_ms);
  json.member("run_ms", result.run_ms);
  json.member("captured_ms", result.captured_ms);
  json.member("peak_bytes", result.peak_bytes);
  json.member("libtorch", runner()->libtorch_version());
}

void run(const Model& model, const ActivationsOptions& options,
         Report& report) {
  std::vector<Wanted> wanted(options.values.begin(), options.values.end());
  ActivationsRequest request = request_for(options, wanted, report.file);
  ActivationsResult result;
  run_within(options.run, report,
             [&] { result = runner()->run_activations(request); });
  for (const std::string& note : result.notes) report.note(note);
  for (const Wanted& each : wanted) find_tensor(result, each.name);
  if (report.json) {
    print_json(result, options, wanted, *report.json);
  } else {
    print_text(model, result, wanted, options.histogram, report);
  }
  save_tensors(result.values, options.save, report);
  bool is_finite = check(result, report);
  if (options.check && !is_finite) {
    report.status = std::max(report.status, kNo);
  }
}

Action setup(Options* options) {
  auto values = std::make_shared<ActivationsOptions>();
  add_file_options(options, &values->files);
  add_run_options(options, &values->run);
  add_selection_options(options, &values->selection);
  add_save_options(options, &values->save);
  options->insert(
      options->end(),
      {{"--inputs", "", "Also what goes in", &values->inputs},
       {"--values", "NAME", "Print its values, of a NumPy slice if you like",
        &values->values},
       {"--histogram", "", "Also a bar chart of each one's values",
        &values->histogram},
       {"--sha256", "", "In JSON, hash each one's values", &values->sha256},
       {"--halt-after", "NAME", "Stop the model once this one is there",
        &values->halt_after},
       {"--check", "", "Exit 1 if one has NaN or infinities", &values->check}});
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

Command activations_command() {
  return {
      "activations", "Execute a model, and show what each submodule puts out",
      "  tsinspect activations model.pt --input 'rand(1,3,224,224)'\n"
      "  tsinspect activations model.pt --input x.npy --module 'layer4.*' -o "
      "out.npz\n"
      "  tsinspect activations model.pt --input x.npy --check\n"
      "  tsinspect activations model.pt --input x.npy --values 'fc[0, :5]'\n"
      "  tsinspect activations frozen.pt --nodes --module 'conv2d*' --inputs\n",
      setup, true};
}

}  // namespace tsinspect::cli
