// Cuts serialized TorchScript into tokens, one at a time.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "torchscript/token.h"

namespace tsinspect::torchscript {

// A part of a source text, in bytes from its start.
struct Range {
  uint32_t begin = 0;
  uint32_t end = 0;
};

// Reads tokens from a text that the caller keeps alive. The indentation of
// lines becomes kIndent and kDedent, in pairs; inside brackets lines do not
// end. The last tokens of every text are kNewline, where it did not end in one,
// a kDedent for every open block, and then kEnd for ever.
class Lexer {
 public:
  // Throws Error(kLimit) for a text of 4 GiB or more.
  explicit Lexer(std::string_view source);

  // Reads only `range`, whose first byte is the first of an indented line: the
  // tokens are those of the block, without its kIndent and kDedent, and their
  // offsets those in `source`.
  Lexer(std::string_view source, Range range);

  // The next token. Throws Error(kMalformed) where the text has none.
  Token next();

  // Called right behind a kIndent: passes over the block and returns its
  // range, first token to last line. What follows is the block's kDedent.
  // Brackets and strings are followed, nothing else is looked at.
  Range skip_block();

  // True if the first byte behind the last token's blanks is `byte`.
  bool next_byte_is(char byte) const;

 private:
  Token token(TokenKind kind, size_t begin) const;
  size_t skip_blanks(size_t at) const;
  void start_line();
  Token number();
  Token string();
  Token word();
  Token punctuation();
  void skip_string();
  void skip_line();

  std::string_view source_;
  size_t pos_ = 0;
  std::vector<size_t> indents_;  // Columns of the open blocks.
  size_t brackets_ = 0;          // How many are open.
  uint32_t dedents_ = 0;         // How many are still to be told.
  bool indent_ = false;          // An indent is still to be told.
  bool at_line_start_ = true;
  bool line_has_token_ = false;
};

}  // namespace tsinspect::torchscript
