#include "base/printable.h"

#include <gmock/gmock.h>

namespace tsinspect {
namespace {

using ::testing::StrEq;

TEST(Printable, LeavesPlainText) {
  EXPECT_THAT(printable("layer1.0.größe ✓ 🙂"),
              StrEq("layer1.0.größe ✓ 🙂"));
}

TEST(Printable, EscapesControlCharacters) {
  EXPECT_THAT(printable("a\n\t\r\x1b[31m\x7f"),
              StrEq("a\\n\\t\\r\\x1b[31m\\x7f"));
  EXPECT_THAT(printable(std::string_view("\0", 1)), StrEq("\\x00"));
  EXPECT_THAT(printable("\u0085\u009b"), StrEq("\\u0085\\u009b"));
}

TEST(Printable, LinesKeepWhatSourceTextHas) {
  EXPECT_THAT(printable_lines("a = \"\\n\"\n\tb\n"),
              StrEq("a = \"\\n\"\n\tb\n"));
  EXPECT_THAT(printable_lines("größe"), StrEq("größe"));
  EXPECT_THAT(printable_lines("\x1b[31m\r\n\xff\u202e"),
              StrEq("\\x1b[31m\\r\n\\xff\\u202e"));
  EXPECT_THAT(printable_lines(""), StrEq(""));
}

TEST(Printable, EscapesABackslash) {
  EXPECT_THAT(printable("a\\n"), StrEq("a\\\\n"));
}

TEST(Printable, EscapesWhatReordersOrHidesText) {
  EXPECT_THAT(printable("a\u202eb\u2066c\u200bd\ufeff\u2028"),
              StrEq("a\\u202eb\\u2066c\\u200bd\\ufeff\\u2028"));
  EXPECT_THAT(printable("\U000e0041"), StrEq("\\U000e0041"));
}

struct BadUtf8 {
  const char* name;
  std::string_view bytes;
  const char* printed;
};

class PrintableBadUtf8 : public ::testing::TestWithParam<BadUtf8> {};

TEST_P(PrintableBadUtf8, IsWrittenByteByByte) {
  EXPECT_THAT(printable(GetParam().bytes), StrEq(GetParam().printed));
}

TEST_P(PrintableBadUtf8, IsReplacedByteByByte) {
  std::string valid = valid_utf8(GetParam().bytes);
  for (size_t i = 0; i < GetParam().bytes.size(); ++i) {
    EXPECT_THAT(valid.substr(3 * i, 3), StrEq("\uFFFD"));
  }
  EXPECT_EQ(valid.size(), 3 * GetParam().bytes.size());
}

INSTANTIATE_TEST_SUITE_P(
    , PrintableBadUtf8,
    ::testing::Values(
        BadUtf8{"Overlong2", "\xc0\xaf", "\\xc0\\xaf"},
        BadUtf8{"Overlong3", "\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
        BadUtf8{"Overlong4", "\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"},
        BadUtf8{"Surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
        BadUtf8{"TooLarge", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
        BadUtf8{"CutOff", "\xe2\x82", "\\xe2\\x82"},
        BadUtf8{"Continuation", "\x80", "\\x80"},
        BadUtf8{"NoLead", "\xff\xfe", "\\xff\\xfe"}),
    [](const auto& test) { return test.param.name; });

TEST(Printable, CutsInTheMiddle) {
  EXPECT_THAT(printable("abcdefghij", 10), StrEq("abcdefghij"));
  EXPECT_THAT(printable("abcdefghij", 7), StrEq("abc…hij"));
  EXPECT_THAT(printable("äöüäöüäöü", 4), StrEq("äö…ü"));
  EXPECT_THAT(printable("abc", 1), StrEq("…"));
  EXPECT_THAT(printable("abc", 0), StrEq(""));
}

TEST(Printable, CutsNoEscapeInTwo) {
  EXPECT_THAT(printable("\x01\x02\x03\x04", 9), StrEq("\\x01…\\x04"));
  EXPECT_THAT(printable("\x01\x02\x03\x04", 8), StrEq("\\x01…"));
}

TEST(Printable, CutsLongTextWithoutReadingItAll) {
  std::string text = "start" + std::string(10'000'000, '\x01') + "end";
  EXPECT_THAT(printable(text, 7), StrEq("sta…end"));
}

TEST(Quoted, EscapesItsQuotes) {
  EXPECT_THAT(quoted("it's\n"), StrEq("'it\\'s\\n'"));
}

TEST(ValidUtf8, KeepsWhatIsValid) {
  EXPECT_THAT(valid_utf8("a\n\u202e€\xff"), StrEq("a\n\u202e€\uFFFD"));
}

}  // namespace
}  // namespace tsinspect
