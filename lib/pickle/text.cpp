#include "pickle/text.h"

#include <algorithm>
#include <charconv>

namespace tsinspect {
namespace {

constexpr size_t kMaxDigits = 4300;
constexpr size_t kDigitsAtOnce = 16;

void append_utf8(uint32_t code, std::string* out) {
  if (code < 0x80) {
    *out += static_cast<char>(code);
    return;
  }
  int continuation = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr uint8_t kLead[] = {0, 0xc0, 0xe0, 0xf0};
  *out += static_cast<char>(kLead[continuation] | code >> 6 * continuation);
  while (continuation-- > 0) {
    *out += static_cast<char>(0x80 | (code >> 6 * continuation & 0x3f));
  }
}

// `digits` hexadecimal digits at the start of `text`; empty if there are fewer.
std::optional<uint32_t> hexadecimal(std::string_view text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  uint32_t value = 0;
  const char* end = text.data() + digits;
  auto [stop, error] = std::from_chars(text.data(), end, value, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// What a one-letter escape stands for; 0 if it is none.
char simple_escape(char letter) {
  constexpr std::string_view kLetters = "abfnrtv\\'\"";
  constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\'\"";
  size_t at = kLetters.find(letter);
  return at == std::string_view::npos ? '\0' : kValues[at];
}

// Reads the escape behind a backslash into `out`; returns its length.
size_t append_escape(std::string_view text, std::string* out) {
  if (text.empty()) {
    *out += '\\';
    return 0;
  }
  if (char value = simple_escape(text[0])) {
    *out += value;
    return 1;
  }
  if (text[0] == 'x') {
    if (auto value = hexadecimal(text.substr(1), 2)) {
      *out += static_cast<char>(*value);
      return 3;
    }
  }
  size_t digits =
      std::min<size_t>(3, std::ranges::find_if_not(text, [](char c) {
                            return c >= '0' && c <= '7';
                          }) - text.begin());
  if (digits > 0) {
    int value = 0;
    std::from_chars(text.data(), text.data() + digits, value, 8);
    *out += static_cast<char>(value);
    return digits;
  }
  *out += '\\';
  *out += text[0];
  return 1;
}

}  // namespace

std::optional<std::string> parse_quoted(std::string_view literal) {
  if (literal.size() < 2) return std::nullopt;
  char quote = literal.front();
  if ((quote != '\'' && quote != '"') || literal.back() != quote) {
    return std::nullopt;
  }
  std::string_view text = literal.substr(1, literal.size() - 2);
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      out += text[i++];
    } else {
      i += 1 + append_escape(text.substr(i + 1), &out);
    }
  }
  return out;
}

std::string parse_raw_unicode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    size_t digits = 0;
    if (text[i] == '\\' && i + 1 < text.size()) {
      digits = text[i + 1] == 'u' ? 4 : text[i + 1] == 'U' ? 8 : 0;
    }
    auto code = digits ? hexadecimal(text.substr(i + 2), digits) : std::nullopt;
    if (code && *code <= 0x10ffff) {
      append_utf8(*code, &out);
      i += 2 + digits;
    } else {
      // Other bytes are Latin-1.
      append_utf8(static_cast<uint8_t>(text[i++]), &out);
    }
  }
  return out;
}

std::optional<std::string> parse_decimal(std::string_view digits) {
  bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty() || digits.size() > kMaxDigits) return std::nullopt;
  std::string out;
  while (!digits.empty()) {
    // As many digits as 64 bits can hold 256 times over.
    uint64_t carry = 0, scale = 1;
    for (char digit : digits.substr(0, kDigitsAtOnce)) {
      if (digit < '0' || digit > '9') return std::nullopt;
      carry = 10 * carry + static_cast<uint64_t>(digit - '0');
      scale *= 10;
    }
    digits.remove_prefix(std::min(digits.size(), kDigitsAtOnce));
    for (char& byte : out) {
      carry += scale * static_cast<uint8_t>(byte);
      byte = static_cast<char>(carry);
      carry >>= 8;
    }
    for (; carry != 0; carry >>= 8) out += static_cast<char>(carry);
  }
  if (!out.empty() && (out.back() & 0x80)) out += '\0';
  if (!negative) return out;
  unsigned carry = 1;
  for (char& byte : out) {
    carry += static_cast<uint8_t>(~byte);
    byte = static_cast<char>(carry);
    carry >>= 8;
  }
  // -128 needs no byte for its sign, though 128 does.
  if (out.size() > 1 && out.back() == '\xff' && (out[out.size() - 2] & 0x80)) {
    out.pop_back();
  }
  return out;
}

std::optional<std::string> encode_latin1(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<uint8_t>(text[i]);
    if (byte >= 0x80) {
      bool fits = byte == 0xc2 || byte == 0xc3;
      if (!fits || ++i == text.size() || (text[i] & 0xc0) != 0x80) {
        return std::nullopt;
      }
      byte = static_cast<uint8_t>(byte << 6 | (text[i] & 0x3f));
    }
    out += static_cast<char>(byte);
  }
  return out;
}

int64_t small_integer(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<uint8_t>(bytes[i]);
  }
  if (bytes.empty() || bytes.size() >= 8) return static_cast<int64_t>(value);
  int unused = static_cast<int>(64 - 8 * bytes.size());
  return static_cast<int64_t>(value << unused) >> unused;
}

}  // namespace tsinspect
