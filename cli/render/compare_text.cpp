#include <algorithm>
#include <cmath>

#include "base/printable.h"
#include "render/compare.h"
#include "render/table.h"
#include "render/text.h"

namespace tsinspect::cli {
namespace {

constexpr size_t kScreenRows = 20;
constexpr size_t kScreenNames = 8;  // Of values that only one run has.

const RunValue& of_a(const CompareView& view, const RunPair& pair) {
  return view.a.values[pair.a];
}
const RunValue& of_b(const CompareView& view, const RunPair& pair) {
  return view.b.values[pair.b];
}

// "layer1.bn1", or "layer1.bn1, conv2d_2 in B".
std::string name_text(const CompareView& view, const RunPair& pair) {
  const std::string& a = of_a(view, pair).name;
  const std::string& b = of_b(view, pair).name;
  if (a == b) return printable(a);
  return fmt::format("{}, {} in B (matched by {})", printable(a), printable(b),
                     to_string(pair.matched));
}

std::string value_text(const RunRecord& run, const RunValue& value) {
  if (!value.is_tensor()) {
    return printable(value.json.empty() ? value.type : value.json, 40);
  }
  const Tensor& tensor = run.model.tensors[value.tensor];
  return fmt::format("{} {}", dtype_info(tensor.dtype).name,
                     shape_text(tensor.shape));
}

std::string number(double value) { return fmt::format("{:.3g}", value); }

std::string share_text(uint64_t part, uint64_t of) {
  if (part == 0) return "";
  if (part == of) return "all";
  double percent = 100 * static_cast<double>(part) / static_cast<double>(of);
  if (percent >= 0.1) return fmt::format("{:.1f} %", std::min(percent, 99.9));
  return fmt::format("{} of {}", std::string_view(count_text(part)),
                     std::string_view(count_text(of)));
}

std::string place_text(const ValueDiff& values) {
  if (values.a_at.empty()) return "";
  return fmt::format("{}: {} → {}", shape_text(values.at),
                     printable(values.a_at), printable(values.b_at));
}

double largest(const ValueDiff& values) {
  return values.nan_in_one > 0 ? NAN : values.max_abs;
}

std::string measure_text(const CompareView& view, const RunPair& pair) {
  if (pair.verdict != Verdict::kBeyond) {
    return fmt::format("{} → {}", value_text(view.a, of_a(view, pair)),
                       value_text(view.b, of_b(view, pair)));
  }
  const ValueDiff& values = *pair.values;
  return fmt::format("max abs {} at {}; {} of its values beyond {} + {} |a|",
                     number(largest(values)), place_text(values),
                     values.beyond == values.elements
                         ? "all"
                         : share_text(values.beyond, values.elements),
                     pair.tolerance.atol, pair.tolerance.rtol);
}

std::string counts_text(const CompareView& view) {
  const RunsDiff& diff = view.diff;
  uint64_t equal = diff.count(Verdict::kEqual);
  uint64_t within = diff.count(Verdict::kWithin);
  std::string text = fmt::format("{}: {} equal, {} within tolerance",
                                 counted(diff.pairs.size(), "value"),
                                 std::string_view(count_text(equal)),
                                 std::string_view(count_text(within)));
  uint64_t beyond = diff.pairs.size() - equal - within;
  if (beyond > 0) {
    text += fmt::format(", {} diverged", std::string_view(count_text(beyond)));
  }
  return text;
}

void print_verdict(Output& out, const CompareView& view) {
  const RunsDiff& diff = view.diff;
  if (!diff.first) {
    out.print("same: {}\n", counts_text(view));
    return;
  }
  const RunPair& first = diff.pairs[*diff.first];
  out.print("diverges at {}: {}\n", name_text(view, first),
            measure_text(view, first));
  if (*diff.first > 0) {
    out.print("the last that agrees before: {}\n",
              name_text(view, diff.pairs[*diff.first - 1]));
  }
  out.print("{}\n", counts_text(view));
}

void fill_row(const CompareView& view, const RunPair& pair, bool other_names,
              Cells& cells) {
  cells.text(of_a(view, pair).name);
  if (other_names) {
    const std::string& b = of_b(view, pair).name;
    b == of_a(view, pair).name ? cells.blank() : cells.text(b);
  }
  cells.plain(to_string(pair.verdict));
  if (!pair.values) {
    bool told =
        pair.verdict != Verdict::kEqual && pair.verdict != Verdict::kWithin;
    for (int i = 0; told && i < 4; ++i) cells.blank();
    if (told) cells.escaped(measure_text(view, pair));
    return;
  }
  const ValueDiff& values = *pair.values;
  if (values.has_metrics) {
    cells.plain(number(largest(values)));
    cells.plain(number(values.max_rel));
    cells.plain(fmt::format("{:.6f}", values.cosine));
  } else {
    for (int i = 0; i < 3; ++i) cells.blank();
  }
  cells.plain(share_text(values.beyond, values.elements));
  cells.escaped(place_text(values));
}

void print_rows(Output& out, const CompareView& view) {
  std::vector<const RunPair*> rows;
  for (const RunPair& pair : view.diff.pairs) {
    if (view.all || pair.diverged()) rows.push_back(&pair);
  }
  if (rows.empty()) return;
  size_t shown = view.all ? rows.size() : std::min(rows.size(), kScreenRows);
  bool other_names = std::any_of(
      rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(shown),
      [](const RunPair* pair) { return pair->matched != MatchedBy::kName; });
  std::vector<Column> columns = {{.title = "value", .shrink = 1}};
  if (other_names) columns.push_back({.title = "in B", .shrink = 2});
  columns.insert(columns.end(), {{.title = "is"},
                                 {.title = "max abs", .right = true},
                                 {.title = "max rel", .right = true},
                                 {.title = "cosine", .right = true},
                                 {.title = "beyond", .right = true},
                                 {.title = "largest at", .shrink = 3}});
  print_table(out, columns, shown, [&](size_t i, Cells& cells) {
    fill_row(view, *rows[i], other_names, cells);
  });
  if (shown < rows.size()) {
    out.print("… {} more; --all prints them\n",
              std::string_view(count_text(rows.size() - shown)));
  }
}

void print_only(Output& out, const char* side, const std::string& file,
                const RunRecord& run, const std::vector<uint32_t>& rows,
                bool all) {
  if (rows.empty()) return;
  size_t shown = all ? rows.size() : std::min(rows.size(), kScreenNames);
  std::string names;
  for (size_t i = 0; i < shown; ++i) {
    names += (i ? ", " : "") + printable(run.values[rows[i]].name);
  }
  if (shown < rows.size()) {
    names += fmt::format(", … {} more",
                         std::string_view(count_text(rows.size() - shown)));
  }
  out.print("only in {} ({}): {}: {}\n", side, printable(file),
            counted(rows.size(), "value"), names);
}

}  // namespace

void print_compare(Output& out, const CompareView& view) {
  print_verdict(out, view);
  print_rows(out, view);
  print_only(out, "A", view.name_a, view.a, view.diff.only_a, view.all);
  print_only(out, "B", view.name_b, view.b, view.diff.only_b, view.all);
}

}  // namespace tsinspect::cli
