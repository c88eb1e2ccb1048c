#include "base/checked.h"

#include <gtest/gtest.h>

#include <vector>

namespace tsinspect {
namespace {

using Sizes = std::vector<int64_t>;

TEST(CheckedAdd, IsEmptyOnOverflow) {
  EXPECT_EQ(checked_add(UINT64_MAX - 1, 1), UINT64_MAX);
  EXPECT_EQ(checked_add(UINT64_MAX, 1), std::nullopt);
}

TEST(CheckedMultiply, IsEmptyOnOverflow) {
  EXPECT_EQ(checked_multiply(UINT64_MAX / 3, 3), UINT64_MAX);
  EXPECT_EQ(checked_multiply(uint64_t{1} << 32, uint64_t{1} << 32),
            std::nullopt);
  EXPECT_EQ(checked_multiply(0, UINT64_MAX), 0u);
}

TEST(CheckedBytes, RoundsBitsUpToWholeBytes) {
  EXPECT_EQ(checked_bytes(3, 32), 12u);
  EXPECT_EQ(checked_bytes(3, 4), 2u);
  EXPECT_EQ(checked_bytes(4, 4), 2u);
  EXPECT_EQ(checked_bytes(5, 2), 2u);
  EXPECT_EQ(checked_bytes(5, 0), 0u);
  EXPECT_EQ(checked_bytes(UINT64_MAX, 8), UINT64_MAX);
  EXPECT_EQ(checked_bytes(UINT64_MAX, 16), std::nullopt);
  EXPECT_EQ(checked_bytes(UINT64_MAX, 4), std::nullopt);
}

TEST(CheckedElements, IsTheProduct) {
  EXPECT_EQ(checked_elements({}), 1u);
  EXPECT_EQ(checked_elements(Sizes{2, 3, 5}), 30u);
  EXPECT_EQ(checked_elements(Sizes{INT64_MAX}), uint64_t{INT64_MAX});
}

TEST(CheckedElements, IsZeroWithAZeroWhateverTheOthers) {
  EXPECT_EQ(checked_elements(Sizes{INT64_MAX, INT64_MAX, 0}), 0u);
}

TEST(CheckedElements, IsEmptyOnNegativeSizesAndOverflow) {
  EXPECT_EQ(checked_elements(Sizes{-1}), std::nullopt);
  EXPECT_EQ(checked_elements(Sizes{0, -1}), std::nullopt);
  EXPECT_EQ(checked_elements(Sizes{INT64_MIN, INT64_MIN}), std::nullopt);
  EXPECT_EQ(checked_elements(Sizes{INT64_MAX, 2}), std::nullopt);
  EXPECT_EQ(checked_elements(Sizes{int64_t{1} << 62, 4}), std::nullopt);
}

TEST(CheckedExtent, ReachesBehindTheLastElement) {
  EXPECT_EQ(checked_extent({}, {}, 7), 8u);
  EXPECT_EQ(checked_extent(Sizes{2, 3}, Sizes{3, 1}, 0), 6u);
  EXPECT_EQ(checked_extent(Sizes{2, 3}, Sizes{1, 2}, 5), 11u);
  EXPECT_EQ(checked_extent(Sizes{1'000'000}, Sizes{0}, 4), 5u);
}

TEST(CheckedExtent, OfAnEmptyViewIsNothing) {
  EXPECT_EQ(checked_extent(Sizes{0}, Sizes{1}, 100), 0u);
}

TEST(CheckedExtent, IsEmptyOnNegativeNumbersAndOverflow) {
  EXPECT_EQ(checked_extent(Sizes{2}, Sizes{-1}, 5), std::nullopt);
  EXPECT_EQ(checked_extent(Sizes{2}, Sizes{1}, -1), std::nullopt);
  EXPECT_EQ(checked_extent(Sizes{2}, Sizes{1, 1}, 0), std::nullopt);
  EXPECT_EQ(checked_extent(Sizes{2}, {}, 0), std::nullopt);
  EXPECT_EQ(checked_extent(Sizes{5}, Sizes{INT64_MAX}, 0), std::nullopt);
  EXPECT_EQ(checked_extent(Sizes{2, 2}, Sizes{INT64_MAX, INT64_MAX}, 2),
            std::nullopt);
}

}  // namespace
}  // namespace tsinspect
