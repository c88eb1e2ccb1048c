// Tokens, in the order they are tried:
//
//   indent, dedent    blanks before the first token of a line, each one column
//   comment           "#" to the end of the line, passed over
//   newline           unless in brackets, behind a backslash or on a blank line
//   number            digits ["." digits] [("e"|"E") ["+"|"-"] digits] ["j"],
//                     "." digits …, "0x" hexadecimal digits
//   string            "'", '"', "'''" or '"""', text with backslashes, the same
//   word, name        a letter, "_" or a byte above 127, then also digits
//   punctuation       the longest that matches
//
// Source of truth: torch/csrc/jit/frontend/lexer.h.

#include "torchscript/lexer.h"

#include <fmt/format.h>
#include <tsinspect/error.h>

#include <algorithm>
#include <array>
#include <limits>

namespace tsinspect::torchscript {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_hex_digit(char c) {
  return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

bool is_name_start(char c) {
  return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }

// A carriage return is one for files that were edited on Windows.
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// The bytes that matter where a block is only passed over.
constexpr std::array<bool, 256> line_bytes() {
  std::array<bool, 256> bytes{};
  for (unsigned char c : std::string_view("()[]{}'\"#\\\n")) bytes[c] = true;
  return bytes;
}
constexpr std::array kLineBytes = line_bytes();

[[noreturn]] void fail(const std::string& message, size_t offset) {
  throw Error(ErrorKind::kMalformed, message, offset);
}

}  // namespace

Lexer::Lexer(std::string_view source) : source_(source), indents_{0} {
  if (source.size() >= std::numeric_limits<uint32_t>::max()) {
    throw Error(ErrorKind::kLimit, "TorchScript source of 4 GiB or more");
  }
}

Lexer::Lexer(std::string_view source, Range range) : Lexer(source) {
  source_ = source.substr(0, range.end);
  pos_ = std::min<size_t>(range.begin, source_.size());
  size_t line = source_.rfind('\n', pos_ == 0 ? 0 : pos_ - 1);
  indents_ = {line == source_.npos ? pos_ : pos_ - line - 1};
  at_line_start_ = false;
}

Token Lexer::token(TokenKind kind, size_t begin) const {
  return {kind, static_cast<uint32_t>(begin), static_cast<uint32_t>(pos_)};
}

size_t Lexer::skip_blanks(size_t at) const {
  while (at < source_.size()) {
    if (is_blank(source_[at])) {
      ++at;
    } else if (source_[at] == '#') {
      at = std::min(source_.find('\n', at), source_.size());
    } else if (source_[at] == '\n' && (brackets_ > 0 || at_line_start_)) {
      ++at;
    } else if (source_.substr(at).starts_with("\\\n")) {
      at += 2;
    } else {
      break;
    }
  }
  return at;
}

bool Lexer::next_byte_is(char byte) const {
  size_t at = skip_blanks(pos_);
  return at < source_.size() && source_[at] == byte;
}

// Finds the first line that is not blank and compares its column with that of
// the open blocks.
void Lexer::start_line() {
  pos_ = skip_blanks(pos_);
  at_line_start_ = false;
  line_has_token_ = false;
  if (pos_ == source_.size()) return;
  size_t line = pos_;
  while (line > 0 && is_blank(source_[line - 1])) --line;
  size_t column = pos_ - line;
  if (column > indents_.back()) {
    indents_.push_back(column);
    indent_ = true;
    return;
  }
  while (indents_.size() > 1 && column < indents_.back()) {
    indents_.pop_back();
    ++dedents_;
  }
  if (column != indents_.back()) {
    fail(fmt::format("expected an open block's indentation, found {} columns",
                     column),
         pos_);
  }
}

Token Lexer::next() {
  if (at_line_start_) start_line();
  if (indent_) {
    indent_ = false;
    return token(TokenKind::kIndent, pos_);
  }
  if (dedents_ > 0) {
    --dedents_;
    return token(TokenKind::kDedent, pos_);
  }
  pos_ = skip_blanks(pos_);
  if (pos_ == source_.size()) {
    if (line_has_token_) {
      line_has_token_ = false;
      return token(TokenKind::kNewline, pos_);
    }
    if (indents_.size() > 1) {
      indents_.pop_back();
      return token(TokenKind::kDedent, pos_);
    }
    return token(TokenKind::kEnd, pos_);
  }
  char c = source_[pos_];
  if (c == '\n') {
    ++pos_;
    at_line_start_ = true;
    return token(TokenKind::kNewline, pos_ - 1);
  }
  line_has_token_ = true;
  if (is_name_start(c)) return word();
  bool fraction =
      c == '.' && pos_ + 1 < source_.size() && is_digit(source_[pos_ + 1]);
  if (is_digit(c) || fraction) return number();
  if (c == '\'' || c == '"') return string();
  return punctuation();
}

Token Lexer::word() {
  size_t begin = pos_;
  while (pos_ < source_.size() && is_name_part(source_[pos_])) ++pos_;
  return token(word_kind(source_.substr(begin, pos_ - begin)), begin);
}

Token Lexer::number() {
  size_t begin = pos_;
  auto at = [&](size_t i) { return i < source_.size() ? source_[i] : '\0'; };
  auto digits = [&] {
    while (is_digit(at(pos_))) ++pos_;
  };
  if (at(pos_) == '0' && (at(pos_ + 1) | 0x20) == 'x') {
    pos_ += 2;
    while (is_hex_digit(at(pos_))) ++pos_;
    if (pos_ == begin + 2) fail("expected hexadecimal digits", pos_);
    return token(TokenKind::kNumber, begin);
  }
  digits();
  if (at(pos_) == '.') {
    ++pos_;
    digits();
  }
  if ((at(pos_) | 0x20) == 'e') {
    size_t sign = at(pos_ + 1) == '+' || at(pos_ + 1) == '-' ? 1 : 0;
    if (is_digit(at(pos_ + 1 + sign))) {
      pos_ += 1 + sign;
      digits();
    }
  }
  if ((at(pos_) | 0x20) == 'j') ++pos_;
  return token(TokenKind::kNumber, begin);
}

Token Lexer::string() {
  size_t begin = pos_;
  skip_string();
  return token(TokenKind::kString, begin);
}

void Lexer::skip_string() {
  size_t begin = pos_;
  char quote = source_[pos_];
  std::string_view three = source_.substr(pos_, 3);
  bool triple = three.size() == 3 && three[1] == quote && three[2] == quote;
  std::string_view end = triple ? three : three.substr(0, 1);
  pos_ += end.size();
  while (pos_ < source_.size()) {
    char c = source_[pos_];
    if (c == '\\') {
      pos_ += 2;
    } else if (c == quote && source_.substr(pos_).starts_with(end)) {
      pos_ += end.size();
      return;
    } else if (c == '\n' && !triple) {
      break;
    } else {
      ++pos_;
    }
  }
  pos_ = std::min(pos_, source_.size());
  fail(fmt::format("expected {} at the end of a string, found end of {}", end,
                   pos_ == source_.size() ? "source" : "line"),
       begin);
}

Token Lexer::punctuation() {
  size_t begin = pos_;
  Punctuation match = match_punctuation(source_.substr(pos_, 3));
  if (match.size == 0) {
    fail(fmt::format("expected a token, found byte {:#04x}",
                     static_cast<unsigned char>(source_[pos_])),
         pos_);
  }
  pos_ += match.size;
  if (match.kind == TokenKind::kLeftParen ||
      match.kind == TokenKind::kLeftBracket ||
      match.kind == TokenKind::kLeftBrace) {
    ++brackets_;
  }
  if (match.kind == TokenKind::kRightParen ||
      match.kind == TokenKind::kRightBracket ||
      match.kind == TokenKind::kRightBrace) {
    if (brackets_ > 0) --brackets_;
  }
  return token(match.kind, begin);
}

// Passes the end of the line at which brackets are closed.
void Lexer::skip_line() {
  size_t begin = pos_;
  size_t open = 0;
  while (pos_ < source_.size()) {
    char c = source_[pos_];
    if (!kLineBytes[static_cast<unsigned char>(c)]) {
      ++pos_;
    } else if (c == '\'' || c == '"') {
      skip_string();
    } else if (c == '#') {
      pos_ = std::min(source_.find('\n', pos_), source_.size());
    } else if (c == '\\') {
      pos_ = std::min(pos_ + 2, source_.size());
    } else {
      ++pos_;
      if (c == '(' || c == '[' || c == '{') ++open;
      if ((c == ')' || c == ']' || c == '}') && open > 0) --open;
      if (c == '\n' && open == 0) return;
    }
  }
  if (open > 0) fail("expected a closing bracket, found end of source", begin);
}

Range Lexer::skip_block() {
  size_t begin = pos_;
  size_t end = pos_;
  while (true) {
    skip_line();
    end = pos_;
    at_line_start_ = true;
    size_t next = skip_blanks(pos_);
    size_t line = next;
    while (line > 0 && is_blank(source_[line - 1])) --line;
    if (next == source_.size() || next - line < indents_.back()) break;
    pos_ = next;
  }
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
}

}  // namespace tsinspect::torchscript
