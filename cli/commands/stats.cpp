#include "tsinspect/stats.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/printable.h"
#include "progress.h"
#include "render/model_json.h"
#include "render/stats.h"
#include "report.h"
#include "tsinspect/listing.h"

namespace tsinspect::cli {
namespace {

constexpr uint32_t kBins = 20;

struct CommandOptions {
  FileOptions files;
  std::vector<std::string> filter;
  std::string sort;
  std::optional<uint64_t> top, threads;
  bool csv = false, quantiles = false, histogram = false, channels = false;
  bool check = false;
};

// What of the statistics a table can be sorted by.
struct ValueKey {
  const char* name;
  double (*value)(const TensorStats& stats);
};

constexpr std::array kValueKeys = {
    ValueKey{"min", [](const TensorStats& s) { return to_double(s.min); }},
    ValueKey{"max", [](const TensorStats& s) { return to_double(s.max); }},
    ValueKey{"mean", [](const TensorStats& s) { return s.mean; }},
    ValueKey{"std", [](const TensorStats& s) { return s.std; }},
    ValueKey{"zeros",
             [](const TensorStats& s) {
               return static_cast<double>(s.zeros) /
                      static_cast<double>(std::max<uint64_t>(s.count, 1));
             }},
};

struct FileKey {
  const char* name;
  SortKey key;
};

constexpr std::array kFileKeys = {
    FileKey{"file", SortKey::kFile},   FileKey{"name", SortKey::kName},
    FileKey{"bytes", SortKey::kBytes}, FileKey{"elements", SortKey::kElements},
    FileKey{"dtype", SortKey::kDType},
};

std::vector<std::string> sort_choices() {
  std::vector<std::string> choices;
  for (const char* sign : {"", "-"}) {
    for (const FileKey& key : kFileKeys) {
      choices.push_back(std::string(sign) + key.name);
    }
    for (const ValueKey& key : kValueKeys) {
      choices.push_back(std::string(sign) + key.name);
    }
  }
  return choices;
}

// The order that is asked for.
struct Order {
  explicit Order(std::string_view text) {
    descending = text.starts_with('-');
    if (descending) text.remove_prefix(1);
    for (const FileKey& key : kFileKeys) {
      if (key.name == text) file_key = key.key;
    }
    for (const ValueKey& key : kValueKeys) {
      if (key.name == text) value_key = &key;
    }
  }
  SortKey file_key = SortKey::kFile;
  const ValueKey* value_key = nullptr;  // Instead, if there is one.
  bool descending = false;
};

struct Result {
  std::vector<uint32_t> rows;
  std::vector<TensorStats> stats;
};

// Sorts by a statistic; NaN, and what has none, last.
void sort_by_value(const Order& order, std::optional<uint64_t> top,
                   Result* result) {
  std::vector<size_t> places(result->rows.size());
  std::iota(places.begin(), places.end(), size_t{0});
  auto value_of = [&](size_t i) {
    const TensorStats& stats = result->stats[i];
    bool has_values = !stats.error && stats.is_numeric && stats.count > 0;
    double value = has_values ? order.value_key->value(stats) : NAN;
    return order.descending ? -value : value;
  };
  std::ranges::stable_sort(places, [&](size_t a, size_t b) {
    double left = value_of(a), right = value_of(b);
    if (std::isnan(right)) return !std::isnan(left);
    return left < right;
  });
  places.resize(std::min<uint64_t>(places.size(), top.value_or(UINT64_MAX)));
  Result sorted;
  for (size_t place : places) {
    sorted.rows.push_back(result->rows[place]);
    sorted.stats.push_back(std::move(result->stats[place]));
  }
  *result = std::move(sorted);
}

Result compute(const Model& model, const CommandOptions& options) {
  Order order(options.sort);
  TensorQuery query;
  query.filter = NameFilter(options.filter);
  if (!order.value_key) {
    query.sort = order.file_key;
    query.descending = order.descending;
    query.top = options.top;
  }
  Result result;
  result.rows = select_tensors(model, query);
  uint64_t bytes = 0;
  for (uint32_t row : result.rows) bytes += model.tensors[row].size_bytes();
  Progress progress(bytes);
  StatsOptions stats_options;
  stats_options.quantiles = options.quantiles;
  stats_options.channels = options.channels;
  stats_options.histogram_bins = options.histogram ? kBins : 0;
  stats_options.threads = thread_count(options.threads);
  stats_options.progress = [&](uint64_t done) { progress.add(done); };
  result.stats = tensor_stats(model, result.rows, stats_options);
  if (order.value_key) sort_by_value(order, options.top, &result);
  return result;
}

void print_json(const StatsTable& table, Json& json) {
  json.key("tensors");
  json.begin_array();
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const Tensor& tensor = table.model.tensors[table.rows[i]];
    json.begin_object();
    write_tensor(json, table.model, tensor);
    write_stats(json, tensor, table.stats[i]);
    json.end_object();
  }
  json.end_array();
}

void print_text(const StatsTable& table, Report& report) {
  report.print_heading(table.model);
  if (!table.rows.empty()) print_stats(report.out, table);
  print_stats_totals(report.out, table);
  print_histograms(report.out, table);
}

// Whether all tensors are finite; tells which is the first that is not.
bool check(const StatsTable& table, Report& report) {
  uint64_t count = 0;
  std::string first;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const TensorStats& stats = table.stats[i];
    if (stats.is_finite() || count++ > 0) continue;
    const Tensor& tensor = table.model.tensors[table.rows[i]];
    first = fmt::format("not finite: {}: {}",
                        tsinspect::quoted(tensor.display_name()),
                        not_finite_text(tensor, stats));
  }
  if (count == 0) return true;
  if (count > 1) first += fmt::format("; and {} more", count - 1);
  report.note(first);
  return false;
}

void run(const Model& model, const CommandOptions& options, Report& report) {
  Result result = compute(model, options);
  StatsTable table = {model, result.rows, result.stats, options.quantiles};
  if (report.json) {
    print_json(table, *report.json);
  } else if (options.csv) {
    print_stats_csv(report, table);
  } else {
    print_text(table, report);
  }
  for (size_t i = 0; i < table.rows.size(); ++i) {
    // A meta tensor has no values by its nature.
    bool has_data = model.tensors[table.rows[i]].storage != kNoIndex;
    if (table.stats[i].error && has_data) report.fail(*table.stats[i].error);
  }
  if (options.check && !check(table, report)) {
    report.status = std::max(report.status, kNo);
  }
}

Action setup(Options* options) {
  auto values = std::make_shared<CommandOptions>();
  add_file_options(options, &values->files);
  options->insert(
      options->end(),
      {csv_option(&values->csv),
       filter_option(&values->filter),
       {.name = "--sort",
        .value = "KEY",
        .help = "name, bytes, dtype, min, max, mean, std, zeros, or -KEY",
        .target = &values->sort,
        .choices = sort_choices()},
       top_option(&values->top),
       {"--quantiles", "", "Also 0.1, 1, 50, 99 and 99.9 %",
        &values->quantiles},
       {"--histogram", "", "Also a bar chart of each tensor's values",
        &values->histogram},
       {"--channels", "", "Also look for dead and outlier output channels",
        &values->channels},
       {"--check", "", "Exit 1 if a tensor has NaN or infinities",
        &values->check},
       names_from_option(&values->files.names_from),
       {"--threads", "N", "At most N; else one a processor",
        &values->threads}});
  return [values](Output& out) {
    if (values->csv && values->files.json) {
      throw UsageError{"--csv and --json exclude each other"};
    }
    return for_each_model(values->files, out,
                          [&](const Model& model, Report& report) {
                            run(model, *values, report);
                          });
  };
}

}  // namespace

Command stats_command() {
  return {
      "stats", "Ranges, means, zeros, NaN: what the values are like",
      "  tsinspect stats model.pt\n"
      "  tsinspect stats model.pt --check\n"
      "  tsinspect stats model.pt --filter '*.weight' --sort -std --top 10\n"
      "  tsinspect stats model.pt --json --quantiles\n"
      "  tsinspect stats model.pt --filter fc.weight --histogram\n",
      setup};
}

}  // namespace tsinspect::cli
