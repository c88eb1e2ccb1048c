#include "base/literal.h"

#include <gmock/gmock.h>

#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using ::testing::HasSubstr;
using ::testing::StrEq;

Literal parse(std::string_view text) { return parse_literal(text, "npy", 10); }

TEST(Literal, ReadsTheHeaderOfAnArray) {
  Literal dict = parse(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3L), }   \n");
  EXPECT_THAT(dict.find("descr")->string, StrEq("<f4"));
  EXPECT_EQ(dict.find("fortran_order")->integer, 0);
  ASSERT_EQ(dict.find("shape")->items.size(), 2u);
  EXPECT_EQ(dict.find("shape")->items[1].integer, 3);
  EXPECT_EQ(dict.find("other"), nullptr);
}

TEST(Literal, TellsATupleOfOneFromParentheses) {
  EXPECT_EQ(parse("(5,)").kind, LiteralKind::kTuple);
  EXPECT_EQ(parse("(5)").kind, LiteralKind::kInt);
  EXPECT_EQ(parse("()").kind, LiteralKind::kTuple);
  EXPECT_EQ(parse("[5]").kind, LiteralKind::kList);
}

TEST(Literal, UnescapesStrings) {
  EXPECT_THAT(parse(R"("a'\"\\\x41\n")").string, StrEq("a'\"\\A\n"));
  EXPECT_THAT(parse("u'x'").string, StrEq("x"));
}

TEST(Literal, KeepsTheSource) {
  EXPECT_THAT(std::string(parse(" [('a', '<f4')] ").text),
              StrEq("[('a', '<f4')]"));
}

class BadLiteral : public ::testing::TestWithParam<const char*> {};

TEST_P(BadLiteral, IsMalformed) {
  try {
    parse(GetParam());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
    EXPECT_THAT(error.what(), HasSubstr("npy: "));
    EXPECT_GE(error.offset(), 10u);
  }
}

INSTANTIATE_TEST_SUITE_P(
    , BadLiteral,
    ::testing::Values("", "  ", "(", "(1", "(1, 2", "(1 2)", "(,)", "(1,,)",
                      "{'a'}", "{'a': }", "{'a': 1", "{'a' 1}", "'a", "'a\\'",
                      "'\\", "'\\q'", "'\\x4'", "'\\xzz'", "'a\nb'", "x",
                      "None", "__import__('os')", "1 + 2", "-", "1.5", "0x10",
                      "99999999999999999999", "True False", "[1)", "u", "b"));

TEST(Literal, RefusesDeepNesting) {
  EXPECT_THROW(parse(std::string(1'000'000, '(')), Error);
}

}  // namespace
}  // namespace tsinspect
