#include "render/diff_rows.h"

#include <algorithm>
#include <unordered_map>

#include "base/printable.h"
#include "render/text.h"

namespace tsinspect::cli {
namespace {

// Names are folded no deeper than this.
constexpr size_t kMostParts = 16;

struct Counts {
  uint64_t changed = 0;
  uint64_t added = 0;
  uint64_t removed = 0;
  uint64_t renamed = 0;
};

std::string join(const Counts& counts, uint64_t of) {
  std::string text;
  auto add = [&](uint64_t count, const char* what) {
    if (count == 0) return;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        std::string_view(count_text(count)), what);
  };
  add(counts.changed, "changed");
  add(counts.added, "added");
  add(counts.removed, "removed");
  add(counts.renamed, "renamed");
  return text + " of " + std::string(std::string_view(count_text(of)));
}

std::string type_and_shape(const Tensor& tensor) {
  return std::string(dtype_info(tensor.dtype).name) + ' ' +
         shape_text(tensor.shape);
}

// "[2] → [3]"; empty where only the name or the layout is another.
std::string kind_text(const Tensor& a, const Tensor& b, Change change) {
  switch (change) {
    case Change::kNone:
      return {};
    case Change::kValue:
      return "values";
    case Change::kDType:
      if (a.dtype == b.dtype) return "quantization";
      return fmt::format("{} → {}", dtype_info(a.dtype).name,
                         dtype_info(b.dtype).name);
    case Change::kShape:
      if (a.dtype == b.dtype) {
        return shape_text(a.shape) + " → " + shape_text(b.shape);
      }
      return type_and_shape(a) + " → " + type_and_shape(b);
    case Change::kData:
      return a.storage == kNoIndex ? "no data in A" : "no data in B";
  }
  return {};
}

std::string change_text(const DiffView& view, const TensorDiff& pair) {
  const Tensor& a = view.a.tensors[pair.a];
  std::string text = kind_text(a, view.b.tensors[pair.b], pair.change);
  auto add = [&](const std::string& part) {
    text += (text.empty() ? "" : ", ") + part;
  };
  if (pair.renamed) {
    add("renamed from " +
        (a.name.empty() ? "''" : printable(a.display_name())));
  }
  if (pair.layout) add(pair.layout->name);
  return text;
}

// The first `parts` parts of a name, dotted or with slashes; the whole one if
// it has no more.
std::string_view beginning(std::string_view name, size_t parts) {
  size_t end = 0;
  for (size_t i = 0; i < parts; ++i) {
    end = name.find_first_of("./", end + (i > 0));
    if (end == std::string_view::npos) return name;
  }
  return name.substr(0, end);
}

class Folder {
 public:
  explicit Folder(size_t parts) : parts_(parts) {}

  // `row` is a tensor's.
  void add(const DiffRow& row, uint64_t Counts::*kind) {
    std::string_view key = beginning(row.name, parts_);
    auto [place, is_new] = index_.try_emplace(key, rows_.size());
    if (is_new) {
      rows_.push_back(row);
      rows_.back().of = 0;
      counts_.emplace_back();
      firsts_.push_back(&row);
    } else {
      merge(row, &rows_[place->second]);
    }
    ++(counts_[place->second].*kind);
  }

  void count(std::string_view name) {
    auto place = index_.find(beginning(name, parts_));
    if (place != index_.end()) ++rows_[place->second].of;
  }

  size_t size() const { return rows_.size(); }

  std::vector<DiffRow> take() {
    for (size_t i = 0; i < rows_.size(); ++i) {
      DiffRow& row = rows_[i];
      if (row.of <= 1) continue;
      row.worst = row.worst.empty() ? firsts_[i]->name : row.worst;
      std::string_view first = firsts_[i]->name;
      std::string_view begin = beginning(first, parts_);
      bool is_whole = begin.size() == first.size();
      row.name =
          std::string(begin) + (is_whole ? '.' : first[begin.size()]) + '*';
      row.what = join(counts_[i], row.of);
    }
    return std::move(rows_);
  }

 private:
  static void merge(const DiffRow& row, DiffRow* into) {
    into->tensors += row.tensors;
    if (row.values == nullptr) return;
    if (into->values == nullptr || row.sqnr_db < into->sqnr_db) {
      into->sqnr_db = row.sqnr_db;
    }
    if (into->values == nullptr || is_worse(*row.values, *into->values)) {
      into->values = row.values;
      into->worst = row.name;
    }
    into->different += row.different;
    into->elements += row.elements;
  }

  size_t parts_;
  std::vector<DiffRow> rows_;
  std::vector<Counts> counts_;
  std::vector<const DiffRow*> firsts_;
  std::unordered_map<std::string_view, size_t> index_;
};

// A tensor's row and what it counts as.
struct Item {
  DiffRow row;
  uint64_t Counts::*kind;
  uint64_t order;
};

std::vector<Item> all_items(const DiffView& view) {
  std::vector<Item> items;
  const Diff& diff = view.diff;
  for (const TensorDiff& pair : diff.pairs) {
    bool is_other = pair.renamed || pair.layout;
    if (pair.change == Change::kNone && !is_other) continue;
    DiffRow row;
    row.name = pair.name;
    row.what = change_text(view, pair);
    if (pair.values && pair.change != Change::kNone) {
      row.values = &*pair.values;
      row.sqnr_db = row.values->sqnr_db;
      row.different = row.values->different;
      row.elements = row.values->elements;
    }
    items.push_back({std::move(row),
                     pair.change == Change::kNone && pair.renamed
                         ? &Counts::renamed
                         : &Counts::changed,
                     pair.a});
  }
  for (size_t i = 0; i < diff.removed.size(); ++i) {
    const Tensor& tensor = view.a.tensors[diff.removed[i]];
    DiffRow row;
    row.name = diff.removed_names[i];
    row.what = "removed " + type_and_shape(tensor);
    items.push_back({std::move(row), &Counts::removed, diff.removed[i]});
  }
  for (size_t i = 0; i < diff.added.size(); ++i) {
    const Tensor& tensor = view.b.tensors[diff.added[i]];
    DiffRow row;
    row.name = diff.added_names[i];
    row.what = "added " + type_and_shape(tensor);
    items.push_back({std::move(row), &Counts::added, UINT64_MAX});
  }
  std::stable_sort(
      items.begin(), items.end(),
      [](const auto& x, const auto& y) { return x.order < y.order; });
  return items;
}

}  // namespace

bool is_worse(const ValueDiff& a, const ValueDiff& b) {
  if ((a.nan_in_one > 0) != (b.nan_in_one > 0)) return a.nan_in_one > 0;
  return a.max_abs > b.max_abs;
}

std::vector<DiffRow> tensor_rows(const DiffView& view) {
  std::vector<DiffRow> rows;
  for (Item& item : all_items(view)) rows.push_back(std::move(item.row));
  return rows;
}

std::vector<DiffRow> module_rows(const DiffView& view, size_t most) {
  std::vector<Item> items = all_items(view);
  for (size_t parts = kMostParts; parts > 0; --parts) {
    Folder folder(parts);
    for (const Item& item : items) folder.add(item.row, item.kind);
    if (folder.size() > most && parts > 1) continue;
    for (const TensorDiff& pair : view.diff.pairs) folder.count(pair.name);
    for (const std::string& name : view.diff.added_names) folder.count(name);
    for (const std::string& name : view.diff.removed_names) folder.count(name);
    return folder.take();
  }
  return {};
}

}  // namespace tsinspect::cli
