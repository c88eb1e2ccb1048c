#include "render/table.h"

#include <algorithm>

#include "base/printable.h"
#include "render/text.h"

namespace tsinspect::cli {
namespace {

constexpr size_t kGap = 2;  // Blanks between columns.

// Cells that are longer push the rest of their row to the right instead of
// padding every other row: one name must not blow up the whole output.
constexpr size_t kWidestPadding = 120;

// What a shrunk column keeps at least.
constexpr size_t kNarrowest = 12;

// The first `columns` characters of UTF-8 text, the last of them "…".
std::string cut_to(std::string_view text, size_t columns) {
  size_t end = 0;
  for (size_t used = 0; end < text.size(); ++end) {
    bool begins = (text[end] & 0xc0) != 0x80;
    if (begins && ++used == columns) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace

Cells::Cells(Output& out, std::span<const Column> columns) : out_(out) {
  for (const Column& column : columns) {
    layout_.push_back({columns_of(column.title), column.right, false});
  }
}

void Cells::fit(std::span<const Column> columns) {
  measuring_ = false;
  if (out_.columns() == 0) {
    for (Layout& layout : layout_) {
      layout.width = std::min(layout.width, kWidestPadding);
    }
    return;
  }
  size_t total = kGap * (layout_.size() - 1);
  for (const Layout& layout : layout_) total += layout.width;
  int highest = 0;
  for (const Column& column : columns) {
    highest = std::max(highest, column.shrink);
  }
  for (int level = highest; level > 0; --level) {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].shrink != level || total <= out_.columns()) continue;
      size_t old = layout_[i].width;
      if (old <= kNarrowest) continue;
      size_t excess = total - out_.columns();
      layout_[i].width = std::max(kNarrowest, old - std::min(old, excess));
      layout_[i].cut = true;
      total -= old - layout_[i].width;
    }
  }
}

void Cells::cell(std::string_view text, size_t width) {
  Layout& layout = layout_[column_++];
  if (measuring_) {
    layout.width = std::max(layout.width, width);
    return;
  }
  size_t begin = at_;
  if (layout.right && width < layout.width) begin += layout.width - width;
  at_ += std::max(layout.width, width) + kGap;
  if (width == 0) return;
  out_.spaces(begin - end_);
  out_.text(text);
  end_ = begin + width;
}

void Cells::text(std::string_view text) {
  const Layout& layout = layout_[column_];
  bool fits = measuring_ || !layout.cut || text.size() <= layout.width;
  if (fits && is_plain(text)) return cell(text, text.size());
  std::string safe = measuring_ || !layout.cut ? printable(text)
                                               : printable(text, layout.width);
  cell(safe, columns_of(safe));
}

void Cells::plain(std::string_view text) { cell(text, columns_of(text)); }

void Cells::escaped(std::string_view text) {
  const Layout& layout = layout_[column_];
  size_t width = columns_of(text);
  if (measuring_ || !layout.cut || width <= layout.width) {
    return cell(text, width);
  }
  std::string cut = cut_to(text, layout.width);
  cell(cut, columns_of(cut));
}

void Cells::tree(std::string_view branches, std::string_view name,
                 uint64_t hidden) {
  std::string text = std::string(branches) + printable(name);
  if (hidden > 0) text += fmt::format(" (+{})", hidden);
  escaped(text);
}

void Cells::count(uint64_t value) {
  auto text = count_text(value);
  std::string_view digits = text;
  cell(digits, digits.size());
}

void Cells::size(uint64_t bytes) {
  auto text = size_text(bytes);
  std::string_view digits = text;
  cell(digits, digits.size());
}

void Cells::shape(std::span<const int64_t> shape) {
  std::string text = shape_text(shape);
  cell(text, text.size());
}

void Cells::end_row() {
  if (!measuring_) out_.put('\n');
  column_ = 0;
  at_ = 0;
  end_ = 0;
}

void print_table(Output& out, std::span<const Column> columns, size_t rows,
                 const std::function<void(size_t row, Cells& cells)>& row) {
  Cells cells(out, columns);
  for (size_t i = 0; i < rows; ++i) {
    row(i, cells);
    cells.end_row();
  }
  cells.fit(columns);
  for (const Column& column : columns) cells.plain(column.title);
  cells.end_row();
  for (size_t i = 0; i < rows; ++i) {
    row(i, cells);
    cells.end_row();
  }
}

}  // namespace tsinspect::cli
