#include "pickle/text.h"

#include <gtest/gtest.h>

namespace tsinspect {
namespace {

using namespace std::string_literals;

TEST(ParseQuoted, TakesEitherQuote) {
  EXPECT_EQ(parse_quoted("'ab'"), "ab");
  EXPECT_EQ(parse_quoted("\"it's\""), "it's");
  EXPECT_EQ(parse_quoted("''"), "");
}

TEST(ParseQuoted, UnescapesAsPythonDoes) {
  EXPECT_EQ(parse_quoted(R"('\a\b\f\n\r\t\v\\\'\"')"), "\a\b\f\n\r\t\v\\'\"");
  EXPECT_EQ(parse_quoted(R"('\x41\xff\x0a')"), "A\xff\n");
  EXPECT_EQ(parse_quoted(R"('\101\0\18')"),
            "A\0\1"
            "8"s);
}

TEST(ParseQuoted, LeavesWhatIsNoEscape) {
  EXPECT_EQ(parse_quoted(R"('\q\x4\xzz')"), R"(\q\x4\xzz)");
  EXPECT_EQ(parse_quoted("'a\\'"), "a\\");
}

TEST(ParseQuoted, IsEmptyWithoutQuotes) {
  for (const char* bad : {"", "'", "ab", "'ab", "ab'", "'ab\"", "b'ab'"}) {
    EXPECT_EQ(parse_quoted(bad), std::nullopt) << bad;
  }
}

TEST(ParseRawUnicode, UnescapesCodePoints) {
  EXPECT_EQ(parse_raw_unicode(R"(a\u0041\u00e9\u20ac\U0001f600)"), "aAé€😀");
}

TEST(ParseRawUnicode, TakesOtherBytesAsLatin1) {
  EXPECT_EQ(parse_raw_unicode("\xe9\xff"), "éÿ");
}

TEST(ParseRawUnicode, LeavesWhatIsNoEscape) {
  EXPECT_EQ(parse_raw_unicode(R"(\n\u12\uzzzz\U00110000\)"),
            R"(\n\u12\uzzzz\U00110000\)");
}

TEST(ParseDecimal, GivesTheFewestBytes) {
  EXPECT_EQ(parse_decimal("0"), "");
  EXPECT_EQ(parse_decimal("-0"), "");
  EXPECT_EQ(parse_decimal("1"), "\x01");
  EXPECT_EQ(parse_decimal("+127"), "\x7f");
  EXPECT_EQ(parse_decimal("128"), "\x80\0"s);
  EXPECT_EQ(parse_decimal("-1"), "\xff");
  EXPECT_EQ(parse_decimal("-128"), "\x80");
  EXPECT_EQ(parse_decimal("-129"), "\x7f\xff");
  EXPECT_EQ(parse_decimal("-256"), "\0\xff"s);
  EXPECT_EQ(parse_decimal("9223372036854775807"),
            "\xff\xff\xff\xff\xff\xff\xff\x7f");
  EXPECT_EQ(parse_decimal("-9223372036854775808"), "\0\0\0\0\0\0\0\x80"s);
  EXPECT_EQ(parse_decimal("18446744073709551616"), "\0\0\0\0\0\0\0\0\1"s);
  EXPECT_EQ(parse_decimal("119547037146038801333356"),
            "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19");
}

TEST(ParseDecimal, SkipsLeadingZeros) {
  EXPECT_EQ(parse_decimal("0000000000000000000000000000000258"), "\x02\x01");
}

TEST(ParseDecimal, TakesAsManyDigitsAsPython) {
  // 10^4299 in 1785 bytes; its last bits are zeros.
  std::string digits = "1" + std::string(4299, '0');
  auto bytes = parse_decimal(digits);
  ASSERT_TRUE(bytes.has_value());
  EXPECT_EQ(bytes->size(), 1786u);
  EXPECT_EQ((*bytes)[536], '\0');
  EXPECT_EQ(parse_decimal(digits + "0"), std::nullopt);
}

TEST(ParseDecimal, IsEmptyForWhatIsNoInteger) {
  for (const char* bad : {"", "-", "+", "--1", "1_000", " 1", "1 ", "0x10",
                          "1.0", "1L", "12345678901234567x"}) {
    EXPECT_EQ(parse_decimal(bad), std::nullopt) << bad;
  }
}

TEST(SmallInteger, ExtendsTheSign) {
  EXPECT_EQ(small_integer(""), 0);
  EXPECT_EQ(small_integer("\x7f"), 127);
  EXPECT_EQ(small_integer("\x80"), -128);
  EXPECT_EQ(small_integer("\x80\0"s), 128);
  EXPECT_EQ(small_integer("\x01\x02\x03"), 0x030201);
  EXPECT_EQ(small_integer("\0\0\0\0\0\0\0\x80"s), INT64_MIN);
  EXPECT_EQ(small_integer("\xff\xff\xff\xff\xff\xff\xff\x7f"), INT64_MAX);
}

}  // namespace
}  // namespace tsinspect
