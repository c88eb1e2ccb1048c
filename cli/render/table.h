// Tables in aligned columns, as wide as they need to be or as the terminal is.

#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "output.h"

namespace tsinspect::cli {

struct Column {
  const char* title;
  bool right = false;  // Aligned to the right: numbers.
  // Whether cells may be cut ("encoder.…weight") where a terminal is too
  // narrow; the highest is cut first, 0 never.
  int shrink = 0;
};

// Takes one row's cells, from left to right. A table asks for each row twice,
// to measure it and to write it, so no text is kept between the two.
class Cells {
 public:
  // Text from a file: escaped, and cut where the column was shrunk.
  void text(std::string_view text);
  // Text of ours, in UTF-8.
  void plain(std::string_view text);
  // Text of ours with escaped text from a file in it: cut, not escaped again.
  void escaped(std::string_view text);
  // A line of a tree: its branches, a name from a file, and, if it is not
  // zero, how many of its children are not shown.
  void tree(std::string_view branches, std::string_view name, uint64_t hidden);
  void count(uint64_t value);
  void size(uint64_t bytes);
  void shape(std::span<const int64_t> shape);
  void blank() { ++column_; }

 private:
  friend void print_table(Output&, std::span<const Column>, size_t,
                          const std::function<void(size_t, Cells&)>&);

  struct Layout {
    size_t width;
    bool right;
    bool cut;
  };

  Cells(Output& out, std::span<const Column> columns);
  void fit(std::span<const Column> columns);
  void cell(std::string_view text, size_t width);
  void end_row();

  Output& out_;
  std::vector<Layout> layout_;
  bool measuring_ = true;
  size_t column_ = 0;
  size_t at_ = 0;   // Where the next cell begins,
  size_t end_ = 0;  // and where the row's text ends, in columns.
};

// Prints a line of titles and the rows that `row` fills in.
void print_table(Output& out, std::span<const Column> columns, size_t rows,
                 const std::function<void(size_t row, Cells& cells)>& row);

}  // namespace tsinspect::cli
