// Numbers and shapes as people read them.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tsinspect::cli {

// Text in a small buffer of its own, for the cells of long tables.
struct ShortText {
  char data[32];
  uint8_t begin = 0;
  uint8_t end = 0;

  operator std::string_view() const { return {data + begin, data + end}; }
};

// "1,234,567".
ShortText count_text(uint64_t count);

// "512 B", "9.19 KiB", "44.6 MiB", "1.00 GiB".
ShortText size_text(uint64_t bytes);

// "[64, 3, 7, 7]".
std::string shape_text(std::span<const int64_t> shape);

// "1 tensor", "1,234 tensors", "2 entries".
std::string counted(uint64_t count, std::string_view noun);

// True if `text` is ASCII that a terminal shows as it is, without a backslash:
// printable() would not change it.
bool is_plain(std::string_view text);

// Characters of UTF-8 text, one column each.
size_t columns_of(std::string_view utf8);

}  // namespace tsinspect::cli
