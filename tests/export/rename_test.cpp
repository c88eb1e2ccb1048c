#include <gtest/gtest.h>

#include "tsinspect/export.h"

namespace tsinspect {
namespace {

std::string rename(const char* name, const char* from, const char* to) {
  return renamed(name, {from, to}).value_or("(does not fit)");
}

TEST(Rename, TakesAWholeNameWithoutStars) {
  EXPECT_EQ(rename("a.w", "a.w", "b"), "b");
  EXPECT_EQ(rename("", "", "b"), "b");
  EXPECT_EQ(rename("a.w2", "a.w", "b"), "(does not fit)");
}

TEST(Rename, PutsWhatStarsTookInPlaceOfStars) {
  EXPECT_EQ(rename("enc.0.w", "enc.*.w", "encoder.layers.*.weight"),
            "encoder.layers.0.weight");
  EXPECT_EQ(rename("a.b.c", "*", "model.*"), "model.a.b.c");
  EXPECT_EQ(rename("a.x.b.y", "*.x.*.y", "*/*"), "a/b");
  EXPECT_EQ(rename("ab", "a*b", "c*d"), "cd");
}

TEST(Rename, GivesTheLastStarTheRest) {
  EXPECT_EQ(rename("a.b.c.d", "*.*", "*|*"), "a|b.c.d");
}

TEST(Rename, DropsWhatHasNoStar) {
  EXPECT_EQ(rename("module.a", "module.*", "all"), "all");
}

TEST(Rename, DoesNotOverlapItsEnds) {
  EXPECT_EQ(rename("aba", "ab*ba", "*"), "(does not fit)");
  EXPECT_EQ(rename("a", "a*a", "*"), "(does not fit)");
}

}  // namespace
}  // namespace tsinspect
