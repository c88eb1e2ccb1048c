#include "tsinspect/names.h"

#include <gtest/gtest.h>

namespace tsinspect {
namespace {

bool matches(std::vector<std::string> patterns, std::string_view name) {
  return NameFilter(patterns).matches(name);
}

TEST(NameFilter, StarCrossesDots) {
  EXPECT_TRUE(matches({"layer1.*"}, "layer1.0.conv.weight"));
  EXPECT_TRUE(matches({"*.weight"}, "layer1.0.conv.weight"));
  EXPECT_TRUE(matches({"l*0*t"}, "layer1.0.conv.weight"));
  EXPECT_FALSE(matches({"layer1"}, "layer1.0"));
  EXPECT_TRUE(matches({"*"}, ""));
}

TEST(NameFilter, QuestionMarkTakesOneCharacter) {
  EXPECT_TRUE(matches({"a?c"}, "abc"));
  EXPECT_TRUE(matches({"a?c"}, "aéc"));
  EXPECT_FALSE(matches({"a?c"}, "ac"));
}

TEST(NameFilter, SetsTakeOneOfTheirs) {
  EXPECT_TRUE(matches({"x[0-2]"}, "x1"));
  EXPECT_FALSE(matches({"x[0-2]"}, "x3"));
  EXPECT_TRUE(matches({"x[!0-2]"}, "x3"));
  EXPECT_TRUE(matches({"x[*]"}, "x*"));
  EXPECT_FALSE(matches({"x[*]"}, "xy"));
  EXPECT_TRUE(matches({"x[]]"}, "x]"));
  EXPECT_TRUE(matches({"x[0"}, "x[0"));  // Not closed: itself.
}

TEST(NameFilter, ExclamationMarkTakesAway) {
  EXPECT_FALSE(matches({"!*.bias"}, "a.bias"));
  EXPECT_TRUE(matches({"!*.bias"}, "a.weight"));
  EXPECT_FALSE(matches({"a.*", "!*.bias"}, "a.bias"));
  EXPECT_FALSE(matches({"a.*", "!*.bias"}, "b.weight"));
}

TEST(NameFilter, TakesWhatHasTwoNamesByEither) {
  auto either = [](std::vector<std::string> patterns) {
    return NameFilter(patterns).matches("CONSTANTS.c0", "conv.weight");
  };
  EXPECT_TRUE(either({}));
  EXPECT_TRUE(either({"CONSTANTS.*"}));
  EXPECT_TRUE(either({"conv.*"}));
  EXPECT_TRUE(either({"no", "conv.*"}));
  EXPECT_FALSE(either({"fc.*"}));
  EXPECT_FALSE(either({"!CONSTANTS.*"}));
  EXPECT_FALSE(either({"CONSTANTS.*", "!*.weight"}));
  EXPECT_TRUE(either({"!*.bias"}));
}

TEST(NameFilter, ManyStarsTakeNoExponentialTime) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(matches({pattern + "b"}, std::string(5000, 'a')));
}

TEST(ClosestName, FindsTheMisspelt) {
  std::vector<std::string_view> names = {"conv1.weight", "conv2.weight",
                                         "fc.bias"};
  EXPECT_EQ(closest_name("conv2.wieght", names), "conv2.weight");
  EXPECT_EQ(closest_name("fc.bais", names), "fc.bias");
  EXPECT_EQ(closest_name("conv2", names), "conv2.weight");
  EXPECT_EQ(closest_name("optimizer", names), "");
  EXPECT_EQ(closest_name("", names), "");
  EXPECT_EQ(closest_name(std::string(100'000, 'x'), names), "");
}

}  // namespace
}  // namespace tsinspect
