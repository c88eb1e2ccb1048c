#include "base/json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cstring>
#include <utility>

#include "tsinspect/error.h"

namespace tsinspect {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr uint32_t kMaxDepth = 64;

// The library's errors in this library's words.
const char* problem(simdjson::error_code code) {
  switch (code) {
    case simdjson::UTF8_ERROR:
      return "it is not UTF-8";
    case simdjson::EMPTY:
      return "it is empty";
    case simdjson::TAPE_ERROR:
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      return "a comma, colon, key or bracket is missing or superfluous";
    case simdjson::UNCLOSED_STRING:
      return "a string does not end";
    case simdjson::UNESCAPED_CHARS:
      return "a string holds a control character";
    case simdjson::STRING_ERROR:
      return "a string holds an invalid escape";
    case simdjson::NUMBER_ERROR:
      return "a number is not written as one";
    case simdjson::INCORRECT_TYPE:
      return "an unknown word";
    case simdjson::MEMALLOC:
    case simdjson::CAPACITY:
      return "it is too large";
    default:
      return simdjson::error_message(code);
  }
}

class Walk {
 public:
  Walk(std::string_view text, const char* padded, const char* what,
       uint64_t base, JsonHandler* handler)
      : text_(text),
        padded_(padded),
        what_(what),
        base_(base),
        handler_(*handler) {}

  void run(simdjson::padded_string_view json) {
    ondemand::parser parser;
    ondemand::document document;
    check(parser.iterate(json).get(document), 0);
    // A document that is a bare scalar is read through the document itself.
    ondemand::json_type type;
    check(document.type().get(type), 0);
    if (type != ondemand::json_type::object &&
        type != ondemand::json_type::array) {
      fail("a single value, not an object or array", 0);
    }
    ondemand::value root;
    check(document.get_value().get(root), 0);
    value(root, 0);
    // Past the last token there is no location.
    const char* rest = nullptr;
    if (document.current_location().get(rest) == simdjson::SUCCESS) {
      fail("more text after its end", offset_of(rest));
    }
  }

 private:
  [[noreturn]] void fail(const char* problem, uint64_t at) const {
    throw Error(ErrorKind::kMalformed,
                fmt::format("{} is not valid JSON: {}", what_, problem),
                base_ + at);
  }

  void check(simdjson::error_code code, uint64_t at) const {
    if (code != simdjson::SUCCESS) fail(problem(code), at);
  }

  uint64_t offset_of(const char* raw) const {
    return static_cast<uint64_t>(raw - padded_);
  }

  // `unescaped`, or the same bytes in the text that was passed in.
  std::string_view in_text(const char* raw, std::string_view unescaped) const {
    uint64_t at = offset_of(raw);
    size_t n = unescaped.size();
    if (at + n >= text_.size() || text_[at + n] != '"' ||
        std::memcmp(text_.data() + at, unescaped.data(), n) != 0) {
      return unescaped;
    }
    return text_.substr(at, n);
  }

  void value(ondemand::value value, uint32_t depth) {
    const char* start = value.raw_json_token().data();
    uint64_t at = offset_of(start);
    check_inside(at);
    ondemand::json_type type;
    check(value.type().get(type), at);
    switch (type) {
      case ondemand::json_type::object:
        return object(value, depth, at);
      case ondemand::json_type::array:
        return array(value, depth, at);
      case ondemand::json_type::string: {
        std::string_view text;
        check(value.get_string().get(text), at);
        return handler_.string(depth, in_text(start + 1, text));
      }
      case ondemand::json_type::number: {
        ondemand::number number;
        check(value.get_number().get(number), at);
        if (number.is_int64()) return handler_.integer(depth, number);
        return handler_.number(depth, number.as_double());
      }
      case ondemand::json_type::boolean: {
        bool flag;
        check(value.get_bool().get(flag), at);
        return handler_.boolean(depth, flag);
      }
      case ondemand::json_type::null: {
        bool is_null;
        check(value.is_null().get(is_null), at);
        if (!is_null) check(simdjson::INCORRECT_TYPE, at);
        return handler_.null(depth);
      }
    }
  }

  // Where the text ends early, simdjson's next token is whatever lies behind
  // it.
  void check_inside(uint64_t at) const {
    if (at >= text_.size()) fail("it ends early", text_.size());
  }

  void check_depth(uint32_t depth, uint64_t at) const {
    if (depth >= kMaxDepth) fail("it is nested too deep", at);
  }

  void object(ondemand::value value, uint32_t depth, uint64_t at) {
    check_depth(depth, at);
    ondemand::object object;
    check(value.get_object().get(object), at);
    handler_.begin_object(depth);
    for (auto member : object) {
      ondemand::field field;
      check(std::move(member).get(field), at);
      const char* raw = field.key().raw();
      check_inside(offset_of(raw));
      std::string_view key;
      check(field.unescaped_key().get(key), offset_of(raw));
      handler_.key(depth + 1, in_text(raw, key));
      this->value(field.value(), depth + 1);
      at = offset_of(raw);
    }
    handler_.end_object(depth);
  }

  void array(ondemand::value value, uint32_t depth, uint64_t at) {
    check_depth(depth, at);
    ondemand::array array;
    check(value.get_array().get(array), at);
    handler_.begin_array(depth);
    for (auto item : array) {
      ondemand::value element;
      check(std::move(item).get(element), at);
      this->value(element, depth + 1);
    }
    handler_.end_array(depth);
  }

  std::string_view text_;
  const char* padded_;  // text_, or a copy of it, with room behind it.
  const char* what_;
  uint64_t base_;
  JsonHandler& handler_;
};

}  // namespace

void read_json(std::string_view text, const char* what, uint64_t base,
               JsonHandler* handler, uint64_t readable_behind) {
  if (readable_behind >= simdjson::SIMDJSON_PADDING) {
    simdjson::padded_string_view view(text,
                                      text.size() + simdjson::SIMDJSON_PADDING);
    Walk(text, text.data(), what, base, handler).run(view);
    return;
  }
  simdjson::padded_string padded(text);
  Walk(text, padded.data(), what, base, handler).run(padded);
}

}  // namespace tsinspect
