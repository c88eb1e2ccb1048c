#include "analysis/align.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

namespace tsinspect {
namespace {

using Items = std::vector<uint32_t>;

// The length of the longest common subsequence, by the book.
size_t longest(const Items& a, const Items& b) {
  std::vector<std::vector<size_t>> table(a.size() + 1,
                                         std::vector<size_t>(b.size() + 1));
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      table[i][j] = a[i - 1] == b[j - 1]
                        ? table[i - 1][j - 1] + 1
                        : std::max(table[i - 1][j], table[i][j - 1]);
    }
  }
  return table[a.size()][b.size()];
}

void expect_longest(const Items& a, const Items& b) {
  uint64_t budget = 1'000'000;
  auto pairs = align(a, b, &budget);
  ASSERT_TRUE(pairs);
  EXPECT_EQ(pairs->size(), longest(a, b));
  for (size_t i = 0; i < pairs->size(); ++i) {
    auto [x, y] = (*pairs)[i];
    ASSERT_LT(x, a.size());
    ASSERT_LT(y, b.size());
    EXPECT_EQ(a[x], b[y]);
    if (i == 0) continue;
    EXPECT_LT((*pairs)[i - 1].first, x);
    EXPECT_LT((*pairs)[i - 1].second, y);
  }
}

TEST(Align, EmptyEqualAndUnlike) {
  expect_longest({}, {});
  expect_longest({1}, {});
  expect_longest({}, {1, 2});
  expect_longest({1, 2, 3}, {1, 2, 3});
  expect_longest({1, 2, 3}, {4, 5});
  expect_longest({1, 1, 1}, {1});
}

TEST(Align, AsMuchAsThereCanBe) {
  std::mt19937 random(1);
  for (int round = 0; round < 2'000; ++round) {
    auto items = [&] {
      Items all(random() % 12);
      for (uint32_t& item : all) item = random() % 4;
      return all;
    };
    expect_longest(items(), items());
  }
}

TEST(Align, StopsWhereTheBudgetEnds) {
  Items a(1'000, 1), b(1'000, 2);
  uint64_t budget = 500;
  EXPECT_FALSE(align(a, b, &budget));
  EXPECT_EQ(budget, 0u);
}

TEST(Align, WhatIsAllUnlikeIsNotAligned) {
  Items a(100'000, 1), b(100'000, 2);
  uint64_t budget = 100'000'000;
  EXPECT_FALSE(align(a, b, &budget));
  EXPECT_GT(budget, 90'000'000u);
}

}  // namespace
}  // namespace tsinspect
