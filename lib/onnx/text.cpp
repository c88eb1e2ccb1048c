// Protobuf's text format, as far as ONNX models need it:
//
//   NAME: 1  NAME: 1.5  NAME: "text\n" 'more'  NAME: ENUM  NAME: [1, 2]
//   NAME { … }  NAME: < … >  NAME: [{ … }, { … }]
//
// with "," or ";" behind a field, and comments from "#" to the line's end.
// Source: the text format page of Protocol Buffers' documentation.

#include "onnx/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <charconv>
#include <optional>

#include "base/printable.h"
#include "onnx/text_fields.h"
#include "tsinspect/error.h"

namespace tsinspect::onnx {
namespace {

using Fields = std::span<const TextField>;

constexpr size_t kHead = 4096;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// What a model begins with that is no graph's file of another program.
constexpr std::array<std::string_view, 3> kFirstFields = {
    "ir_version", "producer_name", "opset_import"};

bool is_name_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' ||
         c == '\v';
}

// The text without white space and comments before it.
std::string_view skip_space(std::string_view text) {
  while (!text.empty()) {
    if (is_space(text[0])) {
      text.remove_prefix(1);
    } else if (text[0] == '#') {
      text.remove_prefix(std::min(text.find('\n'), text.size()));
    } else {
      break;
    }
  }
  return text;
}

// A message's fields, encoded.
class Encoder {
 public:
  void integer(uint32_t field, uint64_t value) {
    varint(uint64_t{field} << 3);
    varint(value);
  }
  void bytes(uint32_t field, std::string_view value) {
    varint(uint64_t{field} << 3 | 2);
    varint(value.size());
    out_ += value;
  }
  void fixed32(uint32_t field, float value) {
    varint(uint64_t{field} << 3 | 5);
    fixed(std::bit_cast<uint32_t>(value));
  }
  void fixed64(uint32_t field, double value) {
    varint(uint64_t{field} << 3 | 1);
    fixed(std::bit_cast<uint64_t>(value));
  }
  std::string take() { return std::move(out_); }

 private:
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }
  template <typename T>
  void fixed(T bits) {
    out_.append(reinterpret_cast<const char*>(&bits), sizeof bits);
  }

  std::string out_;
};

struct Escape {
  char name;
  char byte;
};
constexpr std::array kEscapes = {
    Escape{'a', '\a'}, Escape{'b', '\b'},  Escape{'f', '\f'},
    Escape{'n', '\n'}, Escape{'r', '\r'},  Escape{'t', '\t'},
    Escape{'v', '\v'}, Escape{'\\', '\\'}, Escape{'\'', '\''},
    Escape{'"', '"'},  Escape{'?', '?'},
};

class TextParser {
 public:
  TextParser(std::string_view text, const Limits& limits)
      : text_(text), rest_(text), limits_(limits) {
    if (rest_.starts_with(kByteOrderMark)) {
      rest_.remove_prefix(kByteOrderMark.size());
    }
  }

  // The fields up to `end`, which is taken; 0 is the text's end.
  std::string message(Fields fields, char end) {
    if (++depth_ > limits_.source_depth) {
      throw Error(
          ErrorKind::kLimit,
          fmt::format("messages nest more than {} deep", limits_.source_depth),
          offset());
    }
    Encoder out;
    while (!at_end(end)) {
      field(fields, &out);
      if (!take(',')) take(';');
    }
    --depth_;
    return out.take();
  }

 private:
  uint64_t offset() const { return text_.size() - rest_.size(); }

  [[noreturn]] void fail(const std::string& problem) const {
    throw Error(ErrorKind::kMalformed, "ONNX as text: " + problem, offset());
  }

  char peek() {
    rest_ = skip_space(rest_);
    return rest_.empty() ? '\0' : rest_[0];
  }

  bool take(char c) {
    if (peek() != c || rest_.empty()) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool at_end(char end) {
    if (end != '\0') return take(end);
    peek();
    return rest_.empty();
  }

  std::string_view word() {
    peek();
    auto end = std::ranges::find_if_not(rest_, is_name_char);
    auto size = static_cast<size_t>(end - rest_.begin());
    std::string_view word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return word;
  }

  void field(Fields fields, Encoder* out) {
    std::string_view name = word();
    if (name.empty()) fail("unable to read a field's name");
    auto known = std::ranges::find(fields, name, &TextField::name);
    const TextField* field = known == fields.end() ? nullptr : &*known;
    bool has_colon = take(':');
    if (!take('[')) {
      value(name, field, has_colon, out);
      return;
    }
    while (!take(']')) {
      value(name, field, has_colon, out);
      if (!take(',') && peek() != ']') {
        fail(fmt::format("unable to read '{}': no ']'", printable(name, 40)));
      }
    }
  }

  // One value of a field, which is dropped if no table has it.
  void value(std::string_view name, const TextField* field, bool has_colon,
             Encoder* out) {
    bool is_message = peek() == '{' || peek() == '<';
    bool wants_message =
        field != nullptr ? field->kind == TextKind::kMessage : is_message;
    if (is_message != wants_message || (!is_message && !has_colon)) {
      fail(fmt::format("unable to read '{}': it is {} message",
                       printable(name, 40), wants_message ? "a" : "no"));
    }
    if (is_message) {
      char end = take('{') ? '}' : '>';
      if (end == '>') take('<');
      std::string content =
          message(field != nullptr ? field->fields() : Fields(), end);
      if (field != nullptr) out->bytes(field->number, content);
    } else if (field == nullptr) {
      skip_scalar();
    } else {
      scalar(*field, out);
    }
  }

  void skip_scalar() {
    if (peek() == '"' || peek() == '\'') {
      text();
    } else if (number_text().empty()) {
      fail("unable to read a value");
    }
  }

  void scalar(const TextField& field, Encoder* out) {
    switch (field.kind) {
      case TextKind::kInteger:
        out->integer(field.number, integer(field));
        break;
      case TextKind::kFloat:
        out->fixed32(field.number, real<float>(field));
        break;
      case TextKind::kDouble:
        out->fixed64(field.number, real<double>(field));
        break;
      default:
        out->bytes(field.number, text());
    }
  }

  // A number or the name of one: all up to what may follow it.
  std::string_view number_text() {
    peek();
    auto end = std::ranges::find_if_not(rest_, [](char c) {
      return is_name_char(c) || c == '.' || c == '-' || c == '+';
    });
    auto size = static_cast<size_t>(end - rest_.begin());
    std::string_view number = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return number;
  }

  [[noreturn]] void fail_number(const TextField& field,
                                std::string_view number) const {
    fail(fmt::format("'{}' of '{}' is no number", printable(number, 40),
                     field.name));
  }

  uint64_t integer(const TextField& field) {
    std::string_view whole = number_text();
    int64_t name = text_enum_value(whole);
    if (name >= 0) return static_cast<uint64_t>(name);
    if (whole == "true") return 1;
    if (whole == "false") return 0;
    std::string_view digits = whole;
    bool negative = digits.starts_with('-');
    if (negative) digits.remove_prefix(1);
    int base = 10;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
      base = 16;
      digits.remove_prefix(2);
    } else if (digits.size() > 1 && digits[0] == '0') {
      base = 8;
    }
    uint64_t value = 0;
    const char* end = digits.data() + digits.size();
    auto [at, error] = std::from_chars(digits.data(), end, value, base);
    if (error != std::errc() || at != end) fail_number(field, whole);
    return negative ? ~value + 1 : value;
  }

  template <typename T>
  T real(const TextField& field) {
    std::string_view whole = number_text();
    std::string_view digits = whole;
    bool is_word = digits.ends_with("inf") || digits.starts_with("0x");
    if (!is_word && (digits.ends_with('f') || digits.ends_with('F'))) {
      digits.remove_suffix(1);
    }
    T value = 0;
    const char* end = digits.data() + digits.size();
    auto [at, error] = std::from_chars(digits.data(), end, value);
    if (error != std::errc() || at != end) fail_number(field, whole);
    return value;
  }

  // One or more quoted texts, which are one.
  std::string text() {
    if (peek() != '"' && peek() != '\'')
      fail("unable to read a text: no quote");
    std::string all;
    while (peek() == '"' || peek() == '\'') append_quoted(&all);
    return all;
  }

  void append_quoted(std::string* all) {
    char quote = next();
    for (char c = next(); c != quote; c = next()) {
      if (c == '\n') fail("a text has no end quote in its line");
      *all += c == '\\' ? escaped() : c;
    }
  }

  char next() {
    if (rest_.empty()) fail("it is cut off in a text");
    char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }

  char escaped() {
    char c = next();
    auto escape = std::ranges::find(kEscapes, c, &Escape::name);
    if (escape != kEscapes.end()) return escape->byte;
    if (c == 'x' || c == 'X') return coded(2, 16, "");
    if (c >= '0' && c <= '7') return coded(2, 8, std::string_view(&c, 1));
    fail(fmt::format("a text has an escape '\\{}' that does not exist",
                     printable(std::string_view(&c, 1))));
  }

  // A byte written as digits, the first of them and at most `more` others.
  char coded(size_t more, int base, std::string_view first) {
    std::string digits(first);
    digits += rest_.substr(0, more);
    unsigned value = 0;
    const char* end = digits.data() + digits.size();
    auto [at, error] = std::from_chars(digits.data(), end, value, base);
    if (error != std::errc() || value > 0xff) {
      fail("a text has an escape that is no byte");
    }
    rest_.remove_prefix(static_cast<size_t>(at - digits.data()) - first.size());
    return static_cast<char>(value);
  }

  std::string_view text_;
  std::string_view rest_;
  const Limits& limits_;
  uint32_t depth_ = 0;
};

}  // namespace

bool looks_like_text(std::string_view data) {
  data = data.substr(0, kHead);
  if (data.starts_with(kByteOrderMark)) {
    data.remove_prefix(kByteOrderMark.size());
  }
  data = skip_space(data);
  for (std::string_view field : kFirstFields) {
    if (!data.starts_with(field)) continue;
    std::string_view rest = skip_space(data.substr(field.size()));
    return rest.starts_with(':') || rest.starts_with('{');
  }
  return false;
}

std::string model_of_text(std::string_view text, const Limits& limits) {
  return TextParser(text, limits).message(model_text_fields(), '\0');
}

}  // namespace tsinspect::onnx
