// The spellings, after torch/csrc/jit/frontend/lexer.h. `global`, `Ellipsis`
// and `NoneType`, which that lexer reserves, are plain names here: no statement
// or value of serialized code starts with one.

#include "torchscript/token.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tsinspect::torchscript {
namespace {

struct Spelling {
  TokenKind kind;
  std::string_view text;
};

constexpr std::array kDescriptions = {
    Spelling{TokenKind::kEnd, "end of source"},
    Spelling{TokenKind::kNewline, "end of line"},
    Spelling{TokenKind::kIndent, "indent"},
    Spelling{TokenKind::kDedent, "end of block"},
    Spelling{TokenKind::kName, "name"},
    Spelling{TokenKind::kNumber, "number"},
    Spelling{TokenKind::kString, "string"},
};

constexpr std::array kWords = {
    Spelling{TokenKind::kAnd, "and"},
    Spelling{TokenKind::kAs, "as"},
    Spelling{TokenKind::kAssert, "assert"},
    Spelling{TokenKind::kBreak, "break"},
    Spelling{TokenKind::kClass, "class"},
    Spelling{TokenKind::kContinue, "continue"},
    Spelling{TokenKind::kDef, "def"},
    Spelling{TokenKind::kDel, "del"},
    Spelling{TokenKind::kElif, "elif"},
    Spelling{TokenKind::kElse, "else"},
    Spelling{TokenKind::kFalse, "False"},
    Spelling{TokenKind::kFor, "for"},
    Spelling{TokenKind::kIf, "if"},
    Spelling{TokenKind::kImport, "import"},
    Spelling{TokenKind::kIn, "in"},
    Spelling{TokenKind::kIs, "is"},
    Spelling{TokenKind::kNone, "None"},
    Spelling{TokenKind::kNot, "not"},
    Spelling{TokenKind::kOr, "or"},
    Spelling{TokenKind::kPass, "pass"},
    Spelling{TokenKind::kRaise, "raise"},
    Spelling{TokenKind::kReturn, "return"},
    Spelling{TokenKind::kTrue, "True"},
    Spelling{TokenKind::kWhile, "while"},
    Spelling{TokenKind::kWith, "with"},
};

// Rows of kWords.
struct Rows {
  uint8_t begin = 0;
  uint8_t end = 0;
};

// By the first byte, which words of neighbouring rows share.
constexpr std::array<Rows, 128> words_by_first() {
  std::array<Rows, 128> table{};
  for (uint8_t i = 0; i < kWords.size(); ++i) {
    Rows& rows = table[static_cast<size_t>(kWords[i].text[0])];
    if (rows.end == 0) rows.begin = i;
    rows.end = i + 1;
  }
  return table;
}
constexpr std::array kWordsByFirst = words_by_first();

constexpr std::array kCompounds = {
    Spelling{TokenKind::kIsNot, "is not"},
    Spelling{TokenKind::kNotIn, "not in"},
};

// Longer before shorter, so that the first match is the longest.
constexpr std::array kPunctuation = {
    Spelling{TokenKind::kDots, "..."},
    Spelling{TokenKind::kPowerAssign, "**="},
    Spelling{TokenKind::kFloorDivAssign, "//="},
    Spelling{TokenKind::kShiftLeftAssign, "<<="},
    Spelling{TokenKind::kShiftRightAssign, ">>="},
    Spelling{TokenKind::kArrow, "->"},
    Spelling{TokenKind::kPower, "**"},
    Spelling{TokenKind::kFloorDiv, "//"},
    Spelling{TokenKind::kShiftLeft, "<<"},
    Spelling{TokenKind::kShiftRight, ">>"},
    Spelling{TokenKind::kEqual, "=="},
    Spelling{TokenKind::kNotEqual, "!="},
    Spelling{TokenKind::kLessEqual, "<="},
    Spelling{TokenKind::kGreaterEqual, ">="},
    Spelling{TokenKind::kPlusAssign, "+="},
    Spelling{TokenKind::kMinusAssign, "-="},
    Spelling{TokenKind::kStarAssign, "*="},
    Spelling{TokenKind::kSlashAssign, "/="},
    Spelling{TokenKind::kPercentAssign, "%="},
    Spelling{TokenKind::kAtAssign, "@="},
    Spelling{TokenKind::kAndAssign, "&="},
    Spelling{TokenKind::kOrAssign, "|="},
    Spelling{TokenKind::kXorAssign, "^="},
    Spelling{TokenKind::kComma, ","},
    Spelling{TokenKind::kLeftParen, "("},
    Spelling{TokenKind::kRightParen, ")"},
    Spelling{TokenKind::kDot, "."},
    Spelling{TokenKind::kAssign, "="},
    Spelling{TokenKind::kColon, ":"},
    Spelling{TokenKind::kLeftBracket, "["},
    Spelling{TokenKind::kRightBracket, "]"},
    Spelling{TokenKind::kLeftBrace, "{"},
    Spelling{TokenKind::kRightBrace, "}"},
    Spelling{TokenKind::kPlus, "+"},
    Spelling{TokenKind::kMinus, "-"},
    Spelling{TokenKind::kStar, "*"},
    Spelling{TokenKind::kSlash, "/"},
    Spelling{TokenKind::kPercent, "%"},
    Spelling{TokenKind::kAt, "@"},
    Spelling{TokenKind::kAmpersand, "&"},
    Spelling{TokenKind::kPipe, "|"},
    Spelling{TokenKind::kCaret, "^"},
    Spelling{TokenKind::kTilde, "~"},
    Spelling{TokenKind::kLess, "<"},
    Spelling{TokenKind::kGreater, ">"},
};

// Where in kPunctuation the one-byte spellings start.
constexpr size_t kFirstShort = 23;
static_assert(kPunctuation[kFirstShort - 1].text.size() == 2 &&
              kPunctuation[kFirstShort].text.size() == 1);

constexpr std::array<TokenKind, 128> short_punctuation() {
  std::array<TokenKind, 128> kinds{};
  for (size_t i = kFirstShort; i < kPunctuation.size(); ++i) {
    kinds[static_cast<size_t>(kPunctuation[i].text[0])] = kPunctuation[i].kind;
  }
  return kinds;
}
constexpr std::array kShortPunctuation = short_punctuation();

// What the second byte of every longer spelling is.
constexpr std::string_view kSecondBytes = ".*/<>=";

template <size_t N>
const Spelling* find_kind(const std::array<Spelling, N>& table,
                          TokenKind kind) {
  auto row = std::find_if(table.begin(), table.end(),
                          [&](const Spelling& s) { return s.kind == kind; });
  return row == table.end() ? nullptr : &*row;
}

}  // namespace

std::string to_string(TokenKind kind) {
  if (const Spelling* row = find_kind(kDescriptions, kind)) {
    return std::string(row->text);
  }
  return fmt::format("'{}'", spelling(kind));
}

std::string_view spelling(TokenKind kind) {
  const Spelling* row = find_kind(kWords, kind);
  if (row == nullptr) row = find_kind(kCompounds, kind);
  if (row == nullptr) row = find_kind(kPunctuation, kind);
  return row == nullptr ? std::string_view() : row->text;
}

TokenKind word_kind(std::string_view word) {
  unsigned char first = word.empty() ? 0 : static_cast<unsigned char>(word[0]);
  if (first >= kWordsByFirst.size()) return TokenKind::kName;
  auto [row, end] = kWordsByFirst[first];
  for (; row < end; ++row) {
    if (kWords[row].text == word) return kWords[row].kind;
  }
  return TokenKind::kName;
}

bool is_word(TokenKind kind) {
  return kind >= TokenKind::kAnd && kind <= TokenKind::kWith;
}

Punctuation match_punctuation(std::string_view text) {
  if (text.size() > 1 && kSecondBytes.find(text[1]) != kSecondBytes.npos) {
    for (size_t i = 0; i < kFirstShort; ++i) {
      const Spelling& row = kPunctuation[i];
      if (text.starts_with(row.text)) {
        return {row.kind, static_cast<uint32_t>(row.text.size())};
      }
    }
  }
  unsigned char first = text.empty() ? 0 : static_cast<unsigned char>(text[0]);
  if (first >= kShortPunctuation.size()) return {};
  TokenKind kind = kShortPunctuation[first];
  return {kind, kind == TokenKind::kEnd ? 0u : 1u};
}

}  // namespace tsinspect::torchscript
