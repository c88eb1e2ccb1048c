#include "base/name_index.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tsinspect {
namespace {

constexpr uint32_t kNone = NameIndex::kNone;

TEST(NameIndex, FindsRowsByName) {
  std::vector<std::string> table = {"a", "", "bc", std::string("a\0", 2)};
  auto name_of = [&](uint32_t row) { return std::string_view(table[row]); };
  NameIndex index(table.size());
  for (uint32_t row = 0; row < table.size(); ++row) {
    EXPECT_EQ(index.find_or_add(table[row], row, name_of), kNone);
  }
  for (uint32_t row = 0; row < table.size(); ++row) {
    EXPECT_EQ(index.find(table[row], name_of), row);
  }
  EXPECT_EQ(index.find("b", name_of), kNone);
}

TEST(NameIndex, KeepsTheFirstOrTheLastRowOfAName) {
  std::vector<std::string> table = {"x", "x", "x"};
  auto name_of = [&](uint32_t row) { return std::string_view(table[row]); };
  NameIndex index(table.size());
  EXPECT_EQ(index.find_or_add("x", 0, name_of), kNone);
  EXPECT_EQ(index.find_or_add("x", 1, name_of), 0u);
  EXPECT_EQ(index.find("x", name_of), 0u);
  EXPECT_EQ(index.replace("x", 2, name_of), 0u);
  EXPECT_EQ(index.find("x", name_of), 2u);
}

TEST(NameIndex, OfAnEmptyTableFindsNothing) {
  NameIndex index(0);
  auto name_of = [](uint32_t) { return std::string_view(); };
  EXPECT_EQ(index.find("", name_of), kNone);
}

TEST(NameIndex, HoldsAsManyRowsAsItHasRoomFor) {
  constexpr uint32_t kRows = 10'000;
  std::vector<std::string> table;
  for (uint32_t row = 0; row < kRows; ++row) {
    table.push_back("n" + std::to_string(row));
  }
  auto name_of = [&](uint32_t row) { return std::string_view(table[row]); };
  NameIndex index(kRows);
  for (uint32_t row = 0; row < kRows; ++row) {
    index.replace(table[row], row, name_of);
  }
  for (uint32_t row = 0; row < kRows; ++row) {
    ASSERT_EQ(index.find(table[row], name_of), row);
  }
  EXPECT_EQ(index.find("n10000", name_of), kNone);
}

}  // namespace
}  // namespace tsinspect
