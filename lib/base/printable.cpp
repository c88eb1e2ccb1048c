#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace tsinspect {
namespace {

// One character of a text: its code point and the bytes it takes, or, where
// the bytes are not UTF-8, `valid` false and a length of one byte.
struct Character {
  char32_t code;
  uint8_t length;
  bool valid;
};

struct Range {
  char32_t first, last;
};

// Characters that move the cursor, reorder what stands around them, or cannot
// be seen.
constexpr std::array kHidden = {
    Range{0x00, 0x1f},     Range{0x7f, 0x9f},     Range{0x61c, 0x61c},
    Range{0x200b, 0x200f}, Range{0x2028, 0x202e}, Range{0x2060, 0x206f},
    Range{0xfeff, 0xfeff}, Range{0xfff9, 0xfffb}, Range{0xe0000, 0xe007f},
};

bool is_hidden(char32_t code) {
  return std::ranges::any_of(
      kHidden, [&](Range r) { return code >= r.first && code <= r.last; });
}

// The first character of a text that is not empty. Overlong forms, surrogates
// and code points above U+10FFFF are not UTF-8 (Unicode 15, table 3-7).
Character decode(std::string_view text) {
  auto at = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  uint8_t lead = at(0);
  if (lead < 0x80) return {lead, 1, true};
  constexpr Character kInvalid = {0, 1, false};
  uint8_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || length > text.size()) return kInvalid;
  char32_t code = lead & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return kInvalid;
    code = code << 6 | (at(i) & 0x3f);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kSmallest[length] || code > 0x10ffff || surrogate) return kInvalid;
  return {code, length, true};
}

std::string escape(char32_t code) {
  switch (code) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
  }
  if (code < 0x80) return fmt::format("\\x{:02x}", uint32_t{code});
  if (code < 0x10000) return fmt::format("\\u{:04x}", uint32_t{code});
  return fmt::format("\\U{:08x}", uint32_t{code});
}

// Appends the first character of `text` to `out`, `quote` escaped too, and
// returns how many bytes of `text` it took.
size_t append_printable(std::string_view text, char quote, std::string* out) {
  Character c = decode(text);
  if (!c.valid) {
    *out += fmt::format("\\x{:02x}", static_cast<uint8_t>(text[0]));
  } else if (is_hidden(c.code)) {
    *out += escape(c.code);
  } else {
    if (text[0] == '\\' || (quote != 0 && text[0] == quote)) *out += '\\';
    out->append(text.substr(0, c.length));
  }
  return c.length;
}

// `text` with each run of bytes that `stays` is true of as it is, and the
// characters between the runs made printable.
template <typename Stays>
std::string printable(std::string_view text, char quote, Stays stays) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    auto odd = std::ranges::find_if_not(text, stays);
    auto plain = static_cast<size_t>(odd - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    text.remove_prefix(append_printable(text, quote, &out));
  }
  return out;
}

std::string printable(std::string_view text, char quote) {
  return printable(text, quote, [quote](char c) {
    return c >= 0x20 && c < 0x7f && c != '\\' && c != quote;
  });
}

// Columns of text that is UTF-8, a character counting as one.
size_t columns_of(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

// Starts of the characters among the first `limit` bytes of `text`.
std::vector<size_t> character_starts(std::string_view text, size_t limit) {
  std::vector<size_t> starts;
  for (size_t i = 0; i < std::min(limit, text.size());) {
    starts.push_back(i);
    i += decode(text.substr(i)).length;
  }
  return starts;
}

}  // namespace

std::string printable(std::string_view text) { return printable(text, '\0'); }

std::string printable(std::string_view text, size_t columns) {
  // A character takes at most four bytes, so that more text than this is cut
  // whatever it holds; what lies between its ends need not be looked at.
  size_t end_bytes = 4 * columns + 4;
  if (text.size() <= 2 * end_bytes) {
    std::string whole = printable(text);
    if (columns_of(whole) <= columns) return whole;
  }
  if (columns == 0) return "";
  size_t head_columns = columns / 2;
  size_t tail_columns = columns - 1 - head_columns;

  std::string head;
  for (size_t at = 0, used = 0; at < text.size();) {
    std::string piece;
    at += append_printable(text.substr(at), '\0', &piece);
    used += columns_of(piece);
    if (used > head_columns) break;
    head += piece;
  }

  size_t from = text.size() - std::min(end_bytes, text.size());
  // The cut must not fall into a character.
  while (from > 0 && (text[from] & 0xc0) == 0x80) --from;
  std::string_view end = text.substr(from);
  auto starts = character_starts(end, end.size());
  std::string tail;
  size_t used = 0;
  for (size_t i = starts.size(); i-- > 0;) {
    std::string piece;
    append_printable(end.substr(starts[i]), '\0', &piece);
    used += columns_of(piece);
    if (used > tail_columns) break;
    tail.insert(0, piece);
  }
  return head + "…" + tail;
}

std::string printable_lines(std::string_view text) {
  return printable(text, '\0', [](char c) {
    return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t';
  });
}

std::string quoted(std::string_view text) {
  return "'" + printable(text, '\'') + "'";
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    Character c = decode(text);
    if (c.valid) {
      out.append(text.substr(0, c.length));
    } else {
      out += "\uFFFD";
    }
    text.remove_prefix(c.length);
  }
  return out;
}

}  // namespace tsinspect
