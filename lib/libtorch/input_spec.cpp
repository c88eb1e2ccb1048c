#include "libtorch/input_spec.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/printable.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using Kind = InputValue::Kind;

constexpr int kDeepest = 32;
constexpr size_t kShownColumns = 100;  // Of the text, in a message.

constexpr std::array kSuffixes = {
    ".npy",  ".npz", ".safetensors", ".pt",   ".pth",
    ".ckpt", ".bin", ".pkl",         ".json",
};

constexpr std::array kFunctions = {"rand", "randn",  "zeros",  "ones",
                                   "full", "arange", "randint"};

struct Word {
  const char* text;
  Kind kind;
  int64_t integer = 0;
  double number = 0;
};
constexpr std::array kWords = {
    Word{"None", Kind::kNone},
    Word{"True", Kind::kBool, 1},
    Word{"true", Kind::kBool, 1},
    Word{"False", Kind::kBool, 0},
    Word{"false", Kind::kBool, 0},
    Word{"inf", Kind::kFloat, 0, HUGE_VAL},
    Word{"-inf", Kind::kFloat, 0, -HUGE_VAL},
    Word{"nan", Kind::kFloat, 0, NAN},
};

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Where the value begins behind "NAME=", or 0 where there is no name.
size_t value_begin(std::string_view text) {
  size_t end = 0;
  while (end < text.size() &&
         (is_name_start(text[end]) || (end > 0 && is_digit(text[end])))) {
    ++end;
  }
  return end > 0 && end < text.size() && text[end] == '=' ? end + 1 : 0;
}

std::string function_names() {
  return fmt::format("{}", fmt::join(kFunctions, ", "));
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  InputSpec parse() {
    InputSpec spec;
    at_ = value_begin(text_);
    if (at_ > 0) spec.name = text_.substr(0, at_ - 1);
    if (parse_whole_file(&spec.value)) return spec;
    spec.value = value(0);
    skip_space();
    if (at_ < text_.size()) fail("nothing may follow the value");
    return spec;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kMalformed,
                fmt::format("input '{}': {}, at column {}",
                            printable(text_, kShownColumns), what, at_ + 1));
  }

  // A path that is the whole value may hold anything: spaces, commas.
  bool parse_whole_file(InputValue* value) {
    std::string_view path = text_.substr(at_);
    constexpr std::string_view kOpening = "\"'[({";
    if (path.empty() || kOpening.find(path[0]) != path.npos) return false;
    std::optional<DType> dtype;
    size_t colon = path.rfind(':');
    if (colon != path.npos) {
      const DTypeInfo* info = find_dtype(path.substr(colon + 1));
      if (info != nullptr) {
        dtype = info->dtype;
        path = path.substr(0, colon);
      }
    }
    if (!has_tensor_suffix(path)) return false;
    *value = {.kind = Kind::kFile, .text = std::string(path), .dtype = dtype};
    return true;
  }

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) {
      ++at_;
    }
  }

  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool take(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }

  InputValue value(int depth) {
    if (depth > kDeepest) fail("it is nested too deep");
    InputValue result;
    switch (peek()) {
      case '[':
        result = sequence(Kind::kList, ']', depth);
        break;
      case '(':
        result = tuple(depth);
        break;
      case '{':
        return dict(depth);
      case '"':
      case '\'':
        return string();
      default:
        result = word(depth);
    }
    bool is_tensor = result.kind == Kind::kCall || result.kind == Kind::kFile ||
                     result.kind == Kind::kList;
    if (is_tensor && take(':')) result.dtype = dtype();
    return result;
  }

  // What stands between brackets, the first of which is taken here.
  InputValue sequence(Kind kind, char close, int depth) {
    ++at_;
    InputValue result{.kind = kind};
    ends_with_comma_ = false;
    while (!take(close)) {
      result.items.push_back(value(depth + 1));
      ends_with_comma_ = take(',');
      if (!ends_with_comma_ && peek() != close) {
        fail(fmt::format("',' or '{}' is missing", close));
      }
    }
    return result;
  }

  // Parentheses around one value without a comma are only that.
  InputValue tuple(int depth) {
    InputValue result = sequence(Kind::kTuple, ')', depth);
    if (result.items.size() != 1 || ends_with_comma_) return result;
    InputValue only = std::move(result.items[0]);
    return only;
  }

  InputValue dict(int depth) {
    ++at_;
    InputValue result{.kind = Kind::kDict};
    while (!take('}')) {
      result.items.push_back(value(depth + 1));
      if (!take(':')) fail("':' is missing behind a key");
      result.items.push_back(value(depth + 1));
      if (!take(',') && peek() != '}') fail("',' or '}' is missing");
    }
    return result;
  }

  InputValue string() {
    char quote = text_[at_++];
    InputValue result{.kind = Kind::kString};
    while (at_ < text_.size() && text_[at_] != quote) {
      char c = text_[at_++];
      if (c == '\\') c = escaped();
      result.text.push_back(c);
    }
    if (at_ == text_.size()) fail("the string does not end");
    ++at_;
    return result;
  }

  char escaped() {
    constexpr std::string_view kLetters = "nt\\\"'";
    constexpr std::string_view kMeanings = "\n\t\\\"'";
    size_t row = at_ < text_.size() ? kLetters.find(text_[at_]) : kLetters.npos;
    if (row == kLetters.npos) fail("no such escape");
    ++at_;
    return kMeanings[row];
  }

  // What stands until the next delimiter.
  std::string_view bare_word() {
    size_t end =
        std::min(text_.find_first_of(" \t\n,()[]{}\"':=", at_), text_.size());
    return text_.substr(at_, end - at_);
  }

  InputValue word(int depth) {
    size_t begin = at_;
    std::string_view text = bare_word();
    if (text.empty()) fail("a value is missing");
    at_ += text.size();
    if (is_name_start(text[0]) && take('(')) {
      --at_;
      return call(text, begin, depth);
    }
    for (const Word& row : kWords) {
      if (text != row.text) continue;
      return {.kind = row.kind, .integer = row.integer, .number = row.number};
    }
    if (has_tensor_suffix(text)) {
      return {.kind = Kind::kFile, .text = std::string(text)};
    }
    InputValue number;
    if (parse_number(text, &number)) return number;
    at_ = begin;
    fail(fmt::format("'{}' is no value, and no file of tensors ({}, …)",
                     printable(text, kShownColumns), kSuffixes[0]));
  }

  static bool parse_number(std::string_view text, InputValue* value) {
    const char* end = text.data() + text.size();
    if (!is_digit(text[0]) && text[0] != '-' && text[0] != '.') return false;
    auto [stop, error] = std::from_chars(text.data(), end, value->integer);
    value->kind = Kind::kInt;
    if (error == std::errc() && stop == end) return true;
    auto [stop2, error2] = std::from_chars(text.data(), end, value->number);
    value->kind = Kind::kFloat;
    return error2 == std::errc() && stop2 == end;
  }

  InputValue call(std::string_view name, size_t begin, int depth) {
    if (std::ranges::find(kFunctions, name) == kFunctions.end()) {
      at_ = begin;
      fail(fmt::format("'{}' is none of the functions {}",
                       printable(name, kShownColumns), function_names()));
    }
    InputValue result = sequence(Kind::kCall, ')', depth);
    result.text = name;
    return result;
  }

  DType dtype() {
    skip_space();
    std::string_view text = bare_word();
    const DTypeInfo* info = find_dtype(text);
    if (info == nullptr) {
      fail(fmt::format("'{}' is no dtype of torch's",
                       printable(text, kShownColumns)));
    }
    at_ += text.size();
    return info->dtype;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool ends_with_comma_ = false;  // The sequence read last.
};

}  // namespace

bool has_tensor_suffix(std::string_view text) {
  return std::ranges::any_of(
      kSuffixes, [&](const char* suffix) { return text.ends_with(suffix); });
}

InputSpec parse_input(std::string_view text) { return Parser(text).parse(); }

}  // namespace tsinspect
