#include "torchscript/lexer.h"

#include <gmock/gmock.h>

#include <string>

#include "tsinspect/error.h"

namespace tsinspect::torchscript {
namespace {

using testing::StrEq;

// Every token: its text, or for those without any its kind.
std::string tokens(std::string_view source) {
  Lexer lexer(source);
  std::string all;
  while (true) {
    Token token = lexer.next();
    if (token.kind == TokenKind::kEnd) return all;
    std::string_view text = source.substr(token.begin, token.end - token.begin);
    bool has_text = !text.empty() && text != "\n";
    all += has_text ? std::string(text) : "<" + to_string(token.kind) + ">";
    all += " ";
  }
}

std::string error_of_tokens(std::string_view source) {
  try {
    tokens(source);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
    return error.what();
  }
  return {};
}

TEST(Lexer, IndentationOpensAndClosesBlocks) {
  EXPECT_EQ(tokens("a:\n  b\n\n  # note\n  c\nd\n"),
            "a : <end of line> <indent> b <end of line> c <end of line> "
            "<end of block> d <end of line> ");
}

TEST(Lexer, EndOfSourceClosesLineAndBlocks) {
  EXPECT_EQ(tokens("a:\n  b:\n    c"),
            "a : <end of line> <indent> b : <end of line> <indent> c "
            "<end of line> <end of block> <end of block> ");
}

TEST(Lexer, LinesDoNotEndInBrackets) {
  EXPECT_EQ(tokens("f(a,\n b[\n1])\n"), "f ( a , b [ 1 ] ) <end of line> ");
}

TEST(Lexer, BackslashJoinsLines) {
  EXPECT_EQ(tokens("a \\\n b\n"), "a b <end of line> ");
}

TEST(Lexer, Numbers) {
  EXPECT_EQ(tokens("1 2. .5 1e-05 1.0e+300 3.j 0x1F 4e 5.x\n"),
            "1 2. .5 1e-05 1.0e+300 3.j 0x1F 4 e 5. x <end of line> ");
}

TEST(Lexer, StringsKeepTheirQuotes) {
  EXPECT_EQ(tokens(R"('a"' "b\"" '''c'd
e''' "")"),
            "'a\"' \"b\\\"\" '''c'd\ne''' \"\" <end of line> ");
}

TEST(Lexer, LongestPunctuationWins) {
  EXPECT_EQ(tokens("a**=b**c//=d->e...f<<=g<=h\n"),
            "a **= b ** c //= d -> e ... f <<= g <= h <end of line> ");
}

TEST(Lexer, WordsAreReservedOnlyWhole) {
  Lexer lexer("in inner _in");
  EXPECT_EQ(lexer.next().kind, TokenKind::kIn);
  EXPECT_EQ(lexer.next().kind, TokenKind::kName);
  EXPECT_EQ(lexer.next().kind, TokenKind::kName);
}

TEST(Lexer, NothingButBlanks) {
  EXPECT_EQ(tokens(""), "");
  EXPECT_EQ(tokens(" \n\n # note"), "");
}

TEST(Lexer, SkipsABlockWithBracketsAndStrings) {
  std::string_view source = "f:\n  a(\nb)\n  '''\nc'''\n\n  d\ne\n";
  Lexer lexer(source);
  while (lexer.next().kind != TokenKind::kIndent) {
  }
  Range body = lexer.skip_block();
  EXPECT_EQ(source.substr(body.begin, body.end - body.begin),
            "a(\nb)\n  '''\nc'''\n\n  d\n");
  EXPECT_EQ(lexer.next().kind, TokenKind::kDedent);
  EXPECT_EQ(lexer.next().begin, source.find("e\n"));
}

TEST(Lexer, ReadsARangeWithTheOffsetsOfTheSource) {
  std::string_view source = "f:\n  a\n  b\nc\n";
  Lexer lexer(source, {5, 11});
  EXPECT_EQ(lexer.next().begin, 5u);
  EXPECT_EQ(lexer.next().kind, TokenKind::kNewline);
  EXPECT_EQ(lexer.next().begin, 9u);
  EXPECT_EQ(lexer.next().kind, TokenKind::kNewline);
  EXPECT_EQ(lexer.next().kind, TokenKind::kEnd);
  EXPECT_EQ(lexer.next().kind, TokenKind::kEnd);
}

TEST(LexerBadInput, DedentToNoOpenBlock) {
  EXPECT_THAT(error_of_tokens("a:\n    b\n  c\n"),
              StrEq("0x0000000b: expected an open block's indentation, found 2 "
                    "columns"));
}

TEST(LexerBadInput, StringWithoutEnd) {
  EXPECT_THAT(error_of_tokens("a 'bc"),
              StrEq("0x00000002: expected ' at the end of a string, found end "
                    "of source"));
  EXPECT_THAT(error_of_tokens("a \"b\nc\""),
              StrEq("0x00000002: expected \" at the end of a string, found end "
                    "of line"));
  EXPECT_THAT(error_of_tokens("'''a\n''"),
              StrEq("0x00000000: expected ''' at the end of a string, found "
                    "end of source"));
  EXPECT_NE(error_of_tokens("'a\\"), "");
  EXPECT_NE(error_of_tokens("'''"), "");
}

TEST(LexerBadInput, BytesThatStartNoToken) {
  EXPECT_THAT(error_of_tokens("a $ b"),
              StrEq("0x00000002: expected a token, found byte 0x24"));
  EXPECT_NE(error_of_tokens(std::string("a\0b", 3)), "");
  EXPECT_NE(error_of_tokens("a ! b"), "");
  EXPECT_NE(error_of_tokens("a \\ b"), "");
  EXPECT_NE(error_of_tokens("\x7f"), "");
}

TEST(LexerBadInput, HexadecimalNumberWithoutDigits) {
  EXPECT_THAT(error_of_tokens("0xg"),
              StrEq("0x00000002: expected hexadecimal digits"));
}

TEST(LexerBadInput, SkippedBlockWithoutClosingBracket) {
  Lexer lexer("f:\n  a(b\n");
  while (lexer.next().kind != TokenKind::kIndent) {
  }
  EXPECT_THROW(lexer.skip_block(), Error);
}

TEST(LexerBadInput, ClosingBracketsThatNothingOpened) {
  EXPECT_EQ(tokens(")]\nb"), ") ] <end of line> b <end of line> ");
}

}  // namespace
}  // namespace tsinspect::torchscript
