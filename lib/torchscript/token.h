// The tokens of serialized TorchScript.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tsinspect::torchscript {

enum class TokenKind : uint8_t {
  // What has no spelling of its own.
  kEnd,
  kNewline,
  kIndent,
  kDedent,
  kName,
  kNumber,
  kString,
  // Words.
  kAnd,
  kAs,
  kAssert,
  kBreak,
  kClass,
  kContinue,
  kDef,
  kDel,
  kElif,
  kElse,
  kFalse,
  kFor,
  kIf,
  kImport,
  kIn,
  kIs,
  kNone,
  kNot,
  kOr,
  kPass,
  kRaise,
  kReturn,
  kTrue,
  kWhile,
  kWith,
  // Made of two words by the parser.
  kIsNot,
  kNotIn,
  // Punctuation.
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kComma,
  kColon,
  kDot,
  kDots,
  kArrow,
  kAssign,
  kPlus,
  kMinus,
  kStar,
  kPower,
  kSlash,
  kFloorDiv,
  kPercent,
  kAt,
  kAmpersand,
  kPipe,
  kCaret,
  kTilde,
  kShiftLeft,
  kShiftRight,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kPlusAssign,
  kMinusAssign,
  kStarAssign,
  kPowerAssign,
  kSlashAssign,
  kFloorDivAssign,
  kPercentAssign,
  kAtAssign,
  kAndAssign,
  kOrAssign,
  kXorAssign,
  kShiftLeftAssign,
  kShiftRightAssign,
};

// A token and where it stands, in bytes from the start of the source.
struct Token {
  TokenKind kind = TokenKind::kEnd;
  uint32_t begin = 0;
  uint32_t end = 0;
};

// "name", "end of line", "'('": how a message speaks of the kind.
std::string to_string(TokenKind kind);

// "(", "not in": what tokens of the kind look like; empty for those that have
// no spelling of their own.
std::string_view spelling(TokenKind kind);

// The kind of a word: kName unless it is reserved.
TokenKind word_kind(std::string_view word);

// True for the words that are reserved.
bool is_word(TokenKind kind);

// The longest punctuation that `text` starts with, and its length in bytes;
// kEnd and 0 where it starts with none.
struct Punctuation {
  TokenKind kind = TokenKind::kEnd;
  uint32_t size = 0;
};
Punctuation match_punctuation(std::string_view text);

}  // namespace tsinspect::torchscript
