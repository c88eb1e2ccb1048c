// Writes JSON as it goes: compact, on one line.

#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "output.h"

namespace tsinspect::cli {

class Json {
 public:
  explicit Json(Output& out) : out_(out) {}

  void begin_object() { open('{', '}'); }
  void begin_array() { open('[', ']'); }
  void end_object() { close(); }
  void end_array() { close(); }

  // The name of the next value, in an object.
  void key(std::string_view name);

  // Bytes that are not UTF-8 become U+FFFD.
  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(bool value);
  // Shortest text that reads back the same; "nan", "inf", "-inf" as strings.
  void value(double value);
  template <std::unsigned_integral T>
  void value(T value) {
    number(uint64_t{value});
  }
  template <std::signed_integral T>
  void value(T value) {
    number(int64_t{value});
  }
  void null();
  void value(std::span<const int64_t> values);
  void value(std::span<const std::string> texts);

  template <typename T>
  void member(std::string_view name, const T& its_value) {
    key(name);
    value(its_value);
  }

  // Ends open arrays and objects until `depth` of them are left. A key that
  // still waits for its value gets null.
  void close_to(size_t depth);

 private:
  void separate();
  void open(char begin, char end);
  void close();
  void number(uint64_t value);
  void number(int64_t value);

  Output& out_;
  std::string ends_;  // What closes each open array or object.
  bool first_ = true;
  bool after_key_ = false;
};

}  // namespace tsinspect::cli
