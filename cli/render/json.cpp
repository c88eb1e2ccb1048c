#include "render/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace tsinspect::cli {
namespace {

bool needs_no_escape(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
  });
}

}  // namespace

void Json::separate() {
  if (!first_ && !after_key_) out_.put(',');
  first_ = false;
  after_key_ = false;
}

void Json::open(char begin, char end) {
  separate();
  out_.put(begin);
  ends_.push_back(end);
  first_ = true;
}

void Json::close() {
  out_.put(ends_.back());
  ends_.pop_back();
  first_ = false;
}

void Json::close_to(size_t depth) {
  if (after_key_) null();
  while (ends_.size() > depth) close();
}

void Json::key(std::string_view name) {
  value(name);
  out_.put(':');
  after_key_ = true;
}

void Json::value(std::string_view text) {
  separate();
  if (needs_no_escape(text)) {
    out_.put('"');
    out_.text(text);
    out_.put('"');
    return;
  }
  // Pure ASCII, so that a terminal can show what a hostile file put there.
  out_.text(nlohmann::json(text).dump(
      -1, ' ', true, nlohmann::json::error_handler_t::replace));
}

void Json::value(bool value) {
  separate();
  out_.text(value ? "true" : "false");
}

void Json::value(double value) {
  if (std::isnan(value)) return this->value("nan");
  if (std::isinf(value)) return this->value(value > 0 ? "inf" : "-inf");
  separate();
  out_.print("{}", value);
}

void Json::number(uint64_t value) {
  separate();
  fmt::format_int digits(value);
  out_.text({digits.data(), digits.size()});
}

void Json::number(int64_t value) {
  separate();
  fmt::format_int digits(value);
  out_.text({digits.data(), digits.size()});
}

void Json::null() {
  separate();
  out_.text("null");
}

void Json::value(std::span<const std::string> texts) {
  begin_array();
  for (const std::string& text : texts) value(text);
  end_array();
}

void Json::value(std::span<const int64_t> values) {
  begin_array();
  for (int64_t item : values) number(item);
  end_array();
}

}  // namespace tsinspect::cli
