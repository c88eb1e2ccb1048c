#include "render/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace tsinspect::cli {

ShortText count_text(uint64_t count) {
  ShortText result;
  char* at = std::end(result.data);
  result.end = sizeof result.data;
  for (int digits = 0;; ++digits) {
    if (digits > 0 && digits % 3 == 0) *--at = ',';
    *--at = static_cast<char>('0' + count % 10);
    count /= 10;
    if (count == 0) break;
  }
  result.begin = static_cast<uint8_t>(at - result.data);
  return result;
}

ShortText size_text(uint64_t bytes) {
  constexpr std::string_view kUnits[] = {" B",   " KiB", " MiB", " GiB",
                                         " TiB", " PiB", " EiB"};
  size_t unit = 0;
  uint64_t whole = bytes;
  uint64_t rest = 0;  // Of a unit, in 1024ths.
  while (whole >= 1024) {
    rest = whole % 1024;
    whole /= 1024;
    ++unit;
  }
  ShortText result;
  char* at = result.data;
  auto append = [&](std::string_view text) {
    at = std::copy(text.begin(), text.end(), at);
  };
  fmt::format_int digits(whole);
  append({digits.data(), digits.size()});
  // Three digits, cut off and not rounded, so that nothing reads as more.
  uint64_t hundredths = rest * 100 / 1024;
  if (unit > 0 && whole < 100) *at++ = '.';
  if (unit > 0 && whole < 100) *at++ = static_cast<char>('0' + hundredths / 10);
  if (unit > 0 && whole < 10) *at++ = static_cast<char>('0' + hundredths % 10);
  append(kUnits[unit]);
  result.end = static_cast<uint8_t>(at - result.data);
  return result;
}

std::string shape_text(std::span<const int64_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += ", ";
    fmt::format_int digits(shape[i]);
    text.append(digits.data(), digits.size());
  }
  text += ']';
  return text;
}

std::string counted(uint64_t count, std::string_view noun) {
  std::string text(std::string_view(count_text(count)));
  text += ' ';
  if (count != 1 && noun.ends_with('y')) {
    return text + std::string(noun.substr(0, noun.size() - 1)) + "ies";
  }
  text += noun;
  return count == 1 ? text : text + 's';
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= 0x20 && c < 0x7f && c != '\\'; });
}

size_t columns_of(std::string_view utf8) {
  return static_cast<size_t>(
      std::count_if(utf8.begin(), utf8.end(),
                    [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace tsinspect::cli
