#include <algorithm>
#include <cmath>

#include "base/printable.h"
#include "render/stats.h"
#include "render/table.h"
#include "render/text.h"

namespace tsinspect::cli {
namespace {

// Narrower terminals do without the shape, and then without the dtype.
constexpr size_t kShapeColumns = 120;
constexpr size_t kDTypeColumns = 90;

constexpr size_t kBarColumns = 50;

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  return fmt::format("{:.4g}", value);
}

std::string channels_text(const char* what,
                          const std::vector<uint64_t>& channels,
                          uint64_t count) {
  constexpr size_t kShown = 3;
  std::string text =
      fmt::format("{} of {} channels {}", channels.size(), count, what);
  for (size_t i = 0; i < channels.size() && i < kShown; ++i) {
    text += fmt::format("{}{}", i == 0 ? ": " : ", ", channels[i]);
  }
  return channels.size() > kShown ? text + ", …" : text;
}

void print_name(Output& out, const Tensor& tensor) {
  out.text(tensor.name.empty() ? "''" : printable(tensor.display_name()));
}

}  // namespace

// Integers in full, as long as they are short.
std::string number_text(const Number& number) {
  return std::visit(
      [](auto value) {
        std::string text = fmt::format("{}", value);
        constexpr size_t kShort = 10;
        bool is_short =
            !std::is_same_v<decltype(value), double> && text.size() <= kShort;
        return is_short ? text : number_text(static_cast<double>(value));
      },
      number);
}

bool has_values(const TensorStats& stats) {
  return !stats.error && stats.is_numeric && stats.count > 0;
}

std::string share_text(uint64_t part, uint64_t whole) {
  if (part == 0) return "0 %";
  double percent =
      100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part == whole) return "100 %";
  if (percent < 0.01) return "<0.01 %";
  return fmt::format("{:.2f} %", std::min(percent, 99.99));
}

std::string notes_text(const Tensor& tensor, const TensorStats& stats) {
  std::string text;
  auto add = [&](const std::string& part) {
    text += (text.empty() ? "" : "; ") + part;
  };
  if (tensor.storage == kNoIndex) return "no data";
  if (stats.error) return "unreadable";
  if (!stats.is_numeric && tensor.details) {
    add(printable(tensor.details->opaque_type));
  }
  if (!stats.is_finite()) add(not_finite_text(tensor, stats));
  if (stats.implied_zeros > 0) {
    add(counted(stats.implied_zeros, "implied zero"));
  }
  for (StatsFlag flag : stats.flags) {
    switch (flag) {
      case StatsFlag::kAllZero:
        add("all zero");
        break;
      case StatsFlag::kConstant:
        add("constant");
        break;
      case StatsFlag::kScale:
        add("scale far from its siblings'");
        break;
      case StatsFlag::kVariance:
        add("variance not positive");
        break;
      default:
        break;
    }
  }
  if (stats.subnormals > 0) add(counted(stats.subnormals, "subnormal"));
  if (!stats.channels) return text;
  const Channels& channels = *stats.channels;
  if (!channels.dead.empty()) {
    add(channels_text("dead", channels.dead, channels.count));
  }
  if (!channels.outliers.empty()) {
    add(channels_text("unlike the rest", channels.outliers, channels.count));
  }
  return text;
}

std::vector<int64_t> index_of(const Tensor& tensor, uint64_t at) {
  if (tensor.dtype == DType::kFloat4E2M1FNx2) at /= 2;
  std::vector<int64_t> index(tensor.shape.size());
  for (size_t i = index.size(); i-- > 0;) {
    auto size = static_cast<uint64_t>(tensor.shape[i]);
    index[i] = static_cast<int64_t>(at % size);
    at /= size;
  }
  return index;
}

std::string not_finite_text(const Tensor& tensor, const TensorStats& stats) {
  // With a NaN, the range is where the first one is.
  uint64_t at = stats.min_at;
  if (stats.nan == 0 && stats.neginf == 0) at = stats.max_at;
  if (stats.nan == 0 && stats.neginf > 0 && stats.posinf > 0) {
    at = std::min(stats.min_at, stats.max_at);
  }
  std::string text;
  auto add = [&](uint64_t count, const char* name) {
    if (count == 0) return;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        std::string_view(count_text(count)), name);
  };
  add(stats.nan, "NaN");
  add(stats.posinf, "inf");
  add(stats.neginf, "-inf");
  return text + ", first at " + shape_text(index_of(tensor, at));
}

void print_stats(Output& out, const StatsTable& table) {
  bool notes = false;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    notes =
        notes ||
        !notes_text(table.model.tensors[table.rows[i]], table.stats[i]).empty();
  }
  size_t width = out.columns() == 0 ? SIZE_MAX : out.columns();
  bool dtype = width >= kDTypeColumns, shape = width >= kShapeColumns;
  std::vector<Column> columns = {{.title = "name", .shrink = 1}};
  if (dtype) columns.push_back({"dtype"});
  if (shape) columns.push_back({"shape"});
  for (const char* title : {"min", "max", "mean", "std", "zeros"}) {
    columns.push_back({.title = title, .right = true});
  }
  if (table.quantiles) {
    for (const char* title : {"p0.1", "p1", "p50", "p99", "p99.9"}) {
      columns.push_back({.title = title, .right = true});
    }
  }
  if (notes) columns.push_back({.title = "notes", .shrink = 2});

  print_table(out, columns, table.rows.size(), [&](size_t i, Cells& cells) {
    const Tensor& tensor = table.model.tensors[table.rows[i]];
    const TensorStats& stats = table.stats[i];
    std::string_view name = tensor.display_name();
    name.empty() ? cells.plain("''") : cells.text(name);
    if (dtype) cells.plain(dtype_info(tensor.dtype).name);
    if (shape) cells.shape(tensor.shape);
    if (has_values(stats)) {
      cells.plain(number_text(stats.min));
      cells.plain(number_text(stats.max));
      cells.plain(number_text(stats.mean));
      cells.plain(number_text(stats.std));
      cells.plain(share_text(stats.zeros, stats.count));
    } else {
      for (int column = 0; column < 5; ++column) cells.blank();
    }
    for (size_t q = 0; table.quantiles && q < kQuantiles.size(); ++q) {
      stats.quantiles ? cells.plain(number_text(stats.quantiles->values[q]))
                      : cells.blank();
    }
    if (notes) cells.escaped(notes_text(tensor, stats));
  });
}

void print_stats_totals(Output& out, const StatsTable& table) {
  uint64_t values = 0, bytes = 0, zeros = 0, not_finite = 0, flagged = 0;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const TensorStats& stats = table.stats[i];
    values += stats.count;
    bytes += table.model.tensors[table.rows[i]].size_bytes();
    zeros += stats.zeros;
    not_finite += !stats.is_finite();
    flagged += !stats.flags.empty();
  }
  out.print("{}, {}, {}", counted(table.rows.size(), "tensor"),
            counted(values, "value"), std::string_view(size_text(bytes)));
  if (values > 0) out.print("; {} zeros", share_text(zeros, values));
  out.print("; {}", not_finite == 0
                        ? std::string("all finite")
                        : counted(not_finite, "tensor") + " not finite");
  if (flagged > not_finite) out.print(", {} flagged", flagged);
  out.put('\n');
}

void print_histograms(Output& out, const StatsTable& table) {
  for (size_t i = 0; i < table.rows.size(); ++i) {
    if (!table.stats[i].histogram) continue;
    const Histogram& histogram = *table.stats[i].histogram;
    out.put('\n');
    print_name(out, table.model.tensors[table.rows[i]]);
    out.put('\n');
    uint64_t most = *std::ranges::max_element(histogram.counts);
    auto bins = static_cast<double>(histogram.counts.size());
    for (size_t bin = 0; bin < histogram.counts.size(); ++bin) {
      uint64_t count = histogram.counts[bin];
      double from = histogram.min + (histogram.max - histogram.min) *
                                        (static_cast<double>(bin) / bins);
      // In halves of a column; what is there at all can be seen.
      auto halves = static_cast<size_t>(
          std::ceil(static_cast<double>(count) / static_cast<double>(most) * 2 *
                    kBarColumns));
      std::string bar;
      for (size_t column = 0; column < halves / 2; ++column) bar += "█";
      if (halves % 2 != 0) bar += "▌";
      out.print("{:>11} {:>13} {}\n", number_text(from),
                std::string_view(count_text(count)), bar);
      if (histogram.min == histogram.max) break;
    }
  }
}

}  // namespace tsinspect::cli
