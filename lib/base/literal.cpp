// The grammar, a part of Python's:
//
//   value   string | integer | "True" | "False" | tuple | list | dict
//   string  [ "u" | "b" ] in single or double quotes, with \\ \' \" \n \r \t
//           and \xNN
//   integer [ "-" ] digits [ "L" ]           Python 2 writes the L
//   tuple   "(" [ value { "," value } [ "," ] ] ")"
//   list    "[" [ value { "," value } [ "," ] ] "]"
//   dict    "{" [ value ":" value { "," value ":" value } [ "," ] ] "}"

#include "base/literal.h"

#include <fmt/format.h>

#include <charconv>

#include "tsinspect/error.h"

namespace tsinspect {
namespace {

constexpr int kMaxDepth = 32;
constexpr std::string_view kSpace = " \t\r\n";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  Parser(std::string_view text, const char* what, uint64_t base)
      : text_(text), what_(what), base_(base) {}

  Literal parse() {
    Literal result = value(0);
    skip_space();
    if (at_ != text_.size()) fail("more text after its end");
    return result;
  }

 private:
  [[noreturn]] void fail(const char* problem) const {
    throw Error(ErrorKind::kMalformed, fmt::format("{}: {}", what_, problem),
                base_ + at_);
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size());
  }

  bool accept(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool accept_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  Literal value(int depth) {
    if (depth > kMaxDepth) fail("nested too deep");
    skip_space();
    size_t start = at_;
    Literal result;
    if (accept('(')) {
      result.kind = LiteralKind::kTuple;
      bool comma = items(&result, ')', depth);
      // Parentheses around one value are no tuple.
      if (result.items.size() == 1 && !comma) {
        Literal inner = std::move(result.items[0]);
        return inner;
      }
    } else if (accept('[')) {
      result.kind = LiteralKind::kList;
      items(&result, ']', depth);
    } else if (accept('{')) {
      result.kind = LiteralKind::kDict;
      items(&result, '}', depth);
    } else {
      result = scalar();
    }
    result.text = text_.substr(start, at_ - start);
    return result;
  }

  // The rest of a container; true if a comma stands after its last item.
  bool items(Literal* container, char close, int depth) {
    bool comma = false;
    while (!accept(close)) {
      if (!container->items.empty() && !comma) fail("a comma is missing");
      container->items.push_back(value(depth + 1));
      if (container->kind == LiteralKind::kDict) {
        if (!accept(':')) fail("a colon is missing");
        container->items.push_back(value(depth + 1));
      }
      comma = accept(',');
    }
    return comma;
  }

  Literal scalar() {
    Literal result;
    if (accept_word("True") || accept_word("False")) {
      result.kind = LiteralKind::kBool;
      result.integer = text_[at_ - 2] == 'u';
      return result;
    }
    if (is_digit(peek()) || peek() == '-') return integer();
    if (peek() == 'u' || peek() == 'b') ++at_;
    if (peek() != '\'' && peek() != '"') fail("not a Python literal");
    result.kind = LiteralKind::kString;
    result.string = string();
    return result;
  }

  Literal integer() {
    Literal result;
    result.kind = LiteralKind::kInt;
    const char* begin = text_.data() + at_;
    auto [end, error] =
        std::from_chars(begin, text_.data() + text_.size(), result.integer);
    if (error != std::errc()) fail("an integer is not one, or overflows");
    at_ += static_cast<size_t>(end - begin);
    if (peek() == 'L') ++at_;
    return result;
  }

  std::string string() {
    char quote = text_[at_++];
    std::string out;
    while (peek() != quote) {
      if (at_ == text_.size() || peek() == '\n') fail("a string does not end");
      out += peek() == '\\' ? escape() : text_[at_++];
    }
    ++at_;
    return out;
  }

  char escape() {
    ++at_;
    char c = peek();
    ++at_;
    switch (c) {
      case '\\':
      case '\'':
      case '"':
        return c;
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'x':
        return hexadecimal();
    }
    --at_;
    fail("an unknown escape in a string");
  }

  char hexadecimal() {
    unsigned code = 0;
    std::string_view digits = text_.substr(std::min(at_, text_.size()), 2);
    auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (error != std::errc() || end != digits.data() + 2) {
      fail("an escape without two digits");
    }
    at_ += 2;
    return static_cast<char>(code);
  }

  std::string_view text_;
  const char* what_;
  uint64_t base_;
  size_t at_ = 0;
};

}  // namespace

const Literal* Literal::find(std::string_view key) const {
  if (kind != LiteralKind::kDict) return nullptr;
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i].kind == LiteralKind::kString && items[i].string == key) {
      return &items[i + 1];
    }
  }
  return nullptr;
}

Literal parse_literal(std::string_view text, const char* what, uint64_t base) {
  return Parser(text, what, base).parse();
}

}  // namespace tsinspect
