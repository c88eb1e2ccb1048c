#include <algorithm>
#include <cmath>

#include "base/printable.h"
#include "render/diff.h"
#include "render/diff_rows.h"
#include "render/table.h"
#include "render/text.h"
#include "render/values.h"
#include "tsinspect/object_tree.h"

namespace tsinspect::cli {
namespace {

constexpr size_t kWorstShown = 3;  // By --values.

std::string name_text(const std::string& name) {
  return name.empty() ? "''" : printable(name);
}

uint64_t count_elements(const DiffView& view) {
  uint64_t elements = 0;
  for (const TensorDiff& pair : view.diff.pairs) {
    elements += view.a.tensors[pair.a].elements();
  }
  return elements;
}

void add_part(std::string* text, uint64_t count, const char* what) {
  if (count == 0) return;
  if (!text->empty()) *text += ", ";
  *text += fmt::format("{} {}", std::string_view(count_text(count)), what);
}

void add_counted(std::string* text, uint64_t count, const char* noun) {
  if (count == 0) return;
  if (!text->empty()) *text += ", ";
  *text += counted(count, noun);
}

void print_verdict(Output& out, const DiffView& view) {
  DiffCounts counts(view.diff);
  std::string within;
  if (counts.within_tolerance > 0) {
    within = fmt::format(" ({} within tolerance)",
                         std::string_view(count_text(counts.within_tolerance)));
  }
  std::string derived;
  if (counts.derived > 0) {
    derived = fmt::format(", {} of them folded or transposed",
                          std::string_view(count_text(counts.derived)));
  }
  if (view.diff.same()) {
    out.print("same: {}, {}{}{}\n", counted(view.diff.pairs.size(), "tensor"),
              counted(count_elements(view), "element"), within, derived);
    return;
  }
  std::string text;
  add_part(&text, counts.changed, "changed");
  add_part(&text, counts.retyped, "retyped");
  add_part(&text, counts.reshaped, "reshaped");
  add_part(&text, counts.without_data, "without data");
  add_part(&text, view.diff.added.size(), "added");
  add_part(&text, view.diff.removed.size(), "removed");
  add_part(&text, counts.renamed, "renamed");
  add_part(&text, counts.relaid, "in another layout");
  const CodeDiff& code = view.diff.code;
  add_counted(&text, view.diff.objects.changes.size(), "object");
  add_counted(&text, code.modules.size(), "module");
  add_counted(&text, code.settings.size(), "setting");
  add_counted(&text, code.methods.size(), "method");
  // All that was compared is equal.
  if (text.empty()) text = "code, perhaps";
  out.print("differs: {}; {} equal{}\n", text, counted(counts.equal, "tensor"),
            within);
}

std::string number(double value) { return fmt::format("{:.3g}", value); }

// "all", "12.5 %", or how many, where that says more.
std::string share_text(uint64_t different, uint64_t elements) {
  if (different == elements) return "all";
  double percent =
      100 * static_cast<double>(different) / static_cast<double>(elements);
  if (percent >= 0.1) return fmt::format("{:.1f} %", std::min(percent, 99.9));
  return std::string(std::string_view(count_text(different)));
}

std::string place_text(const DiffRow& row) {
  const ValueDiff& values = *row.values;
  std::string name =
      row.is_module() ? printable(row.worst) + ' ' : std::string();
  if (values.a_at.empty()) return name;
  return fmt::format("{}{}: {} → {}", name, shape_text(values.at),
                     printable(values.a_at), printable(values.b_at));
}

void number_cell(Cells& cells, const DiffRow& row, double value) {
  bool known = row.values != nullptr && row.values->has_metrics;
  known ? cells.plain(number(value)) : cells.blank();
}

void fill_row(const DiffRow& row, bool all, Cells& cells) {
  cells.escaped(name_text(row.name));
  cells.escaped(row.what);
  const ValueDiff none;
  const ValueDiff& values = row.values ? *row.values : none;
  // The largest of all would be NaN.
  number_cell(cells, row, values.nan_in_one > 0 ? NAN : values.max_abs);
  if (all) {
    number_cell(cells, row, values.max_rel);
    number_cell(cells, row, values.mean_abs);
    number_cell(cells, row, values.rmse);
    number_cell(cells, row, values.cosine);
  }
  number_cell(cells, row, row.sqnr_db);
  if (row.values == nullptr) return;
  cells.plain(share_text(row.different, row.elements));
  cells.escaped(place_text(row));
}

void print_rows(Output& out, const std::vector<DiffRow>& rows, bool all) {
  std::vector<Column> columns = {{.title = "name", .shrink = 1},
                                 {.title = "change", .shrink = 2}};
  bool any = std::any_of(rows.begin(), rows.end(),
                         [](const auto& row) { return row.values != nullptr; });
  if (any) {
    columns.push_back({.title = "max abs", .right = true});
    if (all) {
      for (const char* title : {"max rel", "mean abs", "RMSE", "cosine"}) {
        columns.push_back({.title = title, .right = true});
      }
    }
    columns.push_back({.title = "SQNR dB", .right = true});
    columns.push_back({.title = "differ", .right = true});
    columns.push_back({.title = "largest at", .shrink = 3});
  }
  size_t shown = all ? rows.size() : std::min(rows.size(), kScreenRows);
  if (shown == 0) return;
  print_table(out, columns, shown, [&](size_t i, Cells& cells) {
    if (any) return fill_row(rows[i], all, cells);
    cells.escaped(name_text(rows[i].name));
    cells.escaped(rows[i].what);
  });
  if (shown < rows.size()) {
    out.print("… {} more; --all prints them\n",
              std::string_view(count_text(rows.size() - shown)));
  }
}

std::string object_text(const ObjectGraph& graph, ObjectRef ref) {
  constexpr size_t kColumns = 60;
  return is_scalar(graph, ref) ? one_line(graph, ref, kColumns)
                               : brief(graph, ref);
}

void print_objects(Output& out, const DiffView& view) {
  const auto& changes = view.diff.objects.changes;
  if (changes.empty()) return;
  out.text("objects:\n");
  size_t shown =
      view.all ? changes.size() : std::min(changes.size(), kScreenRows);
  for (size_t i = 0; i < shown; ++i) {
    const ObjectDiff& change = changes[i];
    out.print("  {}: ", change.path.empty() ? "(top)" : printable(change.path));
    if (change.a == kNoObject) {
      out.print("added {}\n", object_text(view.b.objects, change.b));
    } else if (change.b == kNoObject) {
      out.print("removed {}\n", object_text(view.a.objects, change.a));
    } else {
      out.print("{} → {}\n", object_text(view.a.objects, change.a),
                object_text(view.b.objects, change.b));
    }
  }
  if (shown < changes.size()) {
    out.print("  … {} more; --all prints them\n",
              std::string_view(count_text(changes.size() - shown)));
  }
}

void print_tensor(Output& out, const char* model, const Model& of,
                  const Tensor& tensor) {
  out.print("\n{}: {} {} {}\n", model, name_text(tensor.name),
            dtype_info(tensor.dtype).name, shape_text(tensor.shape));
  print_values(out, of, tensor, whole_slice(tensor.shape), {});
}

void print_worst(Output& out, const DiffView& view) {
  std::vector<const TensorDiff*> worst;
  for (const TensorDiff& pair : view.diff.pairs) {
    if (pair.change != Change::kNone && pair.values) worst.push_back(&pair);
  }
  std::stable_sort(worst.begin(), worst.end(), [](auto* x, auto* y) {
    return is_worse(*x->values, *y->values);
  });
  worst.resize(std::min(worst.size(), kWorstShown));
  for (const TensorDiff* pair : worst) {
    print_tensor(out, "A", view.a, view.a.tensors[pair->a]);
    print_tensor(out, "B", view.b, view.b.tensors[pair->b]);
  }
}

}  // namespace

void print_diff(Output& out, const DiffView& view) {
  print_verdict(out, view);
  std::vector<DiffRow> rows = tensor_rows(view);
  if (!view.all && rows.size() > kScreenRows) {
    rows = module_rows(view, kScreenRows);
  }
  print_rows(out, rows, view.all);
  print_objects(out, view);
  print_code(out, view);
  for (const std::string& note : diff_notes(view)) out.print("{}\n", note);
  if (view.values) print_worst(out, view);
}

}  // namespace tsinspect::cli
