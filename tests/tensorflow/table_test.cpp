#include "tensorflow/table.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/table_builder.h"

namespace tsinspect::tensorflow {
namespace {

constexpr auto kMalformed = ErrorKind::kMalformed;
constexpr auto kLimit = ErrorKind::kLimit;

Table read(std::string_view file) { return read_table(file, {}); }

void expect_refused(std::string_view file, ErrorKind kind,
                    std::string_view text) {
  try {
    read(file);
    ADD_FAILURE() << "no error; expected: " << text;
  } catch (const Error& error) {
    EXPECT_EQ(to_string(error.kind()), std::string_view(to_string(kind)));
    EXPECT_NE(std::string_view(error.what()).find(text), std::string::npos)
        << error.what();
  }
}

// A table whose only block is this.
std::string with_block(std::string_view block) {
  TableBuilder table;
  std::string handle = table.add(block);
  return table.finish({handle});
}

TEST(Table, GivesItsEntriesInOrder) {
  std::string file = table_of({{"", "header"}, {"a", "1"}, {"b", "22"}});
  Table table = read(file);
  ASSERT_EQ(table.entries.size(), 3U);
  EXPECT_EQ(table.entries[0].value, "header");
  EXPECT_EQ(table.entries[2].key, "b");
  EXPECT_EQ(table.entries[2].value, "22");
  EXPECT_TRUE(table.owned.empty());
  EXPECT_EQ(table.find("a")->value, "1");
  EXPECT_EQ(table.find("aa"), nullptr);
}

TEST(Table, PutsKeysTogetherThatShareBytes) {
  std::string file = with_block(table_block(table_entry("dense/bias", "1") +
                                            table_entry("kernel", "2", 6) +
                                            table_entry("s", "3", 12)));
  Table table = read(file);
  ASSERT_EQ(table.entries.size(), 3U);
  EXPECT_EQ(table.entries[1].key, "dense/kernel");
  EXPECT_EQ(table.entries[2].key, "dense/kernels");
}

TEST(Table, InflatesSnappyBlocks) {
  std::string file = table_of({{"a", std::string(5000, 'x')}}, 1);
  EXPECT_LT(file.size(), 1000U);
  EXPECT_EQ(read(file).entries[0].value, std::string(5000, 'x'));
}

TEST(Table, HasSeveralBlocksAndNone) {
  TableBuilder table;
  std::string a = table.add(table_block(table_entry("a", "1")));
  std::string b = table.add(table_block(table_entry("b", "2")), 1);
  EXPECT_EQ(read(table.finish({a, b})).entries.size(), 2U);
  EXPECT_TRUE(read(TableBuilder().finish({})).entries.empty());
}

TEST(Table, NeedsItsMagicNumber) {
  EXPECT_FALSE(looks_like_table(""));
  EXPECT_FALSE(looks_like_table("\x57\xfb\x80\x8b\x24\x75\x47\xdb"));
  std::string file = table_of({{"a", "1"}});
  EXPECT_TRUE(looks_like_table(file));
  file.back() = '\0';
  expect_refused(file, kMalformed, "magic number");
}

TEST(Table, MayBeCutNowhere) {
  std::string file = table_of({{"", "header"}, {"a", "1"}, {"b", "2"}}, 1);
  for (size_t size = 0; size < file.size(); ++size) {
    expect_refused(file.substr(0, size), kMalformed, "magic number");
    expect_refused(file.substr(file.size() - size), kMalformed, "");
  }
}

TEST(Table, HasNoByteThatMayBeFlipped) {
  std::string file = table_of({{"", "header"}, {"a", "1"}});
  size_t read_well = 0;
  for (size_t i = 0; i < file.size(); ++i) {
    std::string other = file;
    other[i] ^= 0x10;
    try {
      read(other);
      ++read_well;
    } catch (const Error&) {
    }
  }
  // In the meta block, which is not looked at, its handle, and the padding.
  EXPECT_EQ(read_well, 13U + 2U + 36U);
}

TEST(Table, HasHandlesThatReachBehindTheFile) {
  for (const std::string& handle :
       {varint(1000) + varint(4), varint(0) + varint(1000),
        varint(UINT64_MAX) + varint(4), varint(4) + varint(UINT64_MAX),
        varint(0) + varint(UINT64_MAX - 4)}) {
    TableBuilder table;
    std::string meta = table.add(u32(0) + u32(1));
    expect_refused(table.finish_with(meta + handle), kMalformed, "index block");
    expect_refused(TableBuilder().finish({handle}), kMalformed, "block");
  }
}

TEST(Table, HasAHandleThatDoesNotEnd) {
  expect_refused(TableBuilder().finish_with(std::string(40, '\xff')),
                 kMalformed, "offset of the meta block is no varint");
  expect_refused(TableBuilder().finish({"\x80"}), kMalformed,
                 "offset of a block");
  expect_refused(TableBuilder().finish({"\x01"}), kMalformed,
                 "size of a block");
}

TEST(Table, StatesAnotherChecksum) {
  std::string file = table_of({{"a", "value"}});
  file[file.find("value")] = 'V';
  expect_refused(file, kMalformed, "masked CRC-32C is 0x");
}

TEST(Table, HasACompressionThatDoesNotExist) {
  TableBuilder table;
  std::string handle = table.add_raw(table_block(table_entry("a", "1")), 2);
  expect_refused(table.finish({handle}), kMalformed,
                 "compression 2 does not exist");
}

TEST(Table, HasSnappyThatIsNone) {
  for (std::string_view bytes : {std::string_view(""), std::string_view("\x05"),
                                 std::string_view("\x80\x80\x80\x80\x80\x80"),
                                 std::string_view("\x05\xff\xff")}) {
    TableBuilder table;
    std::string handle = table.add_raw(std::string(bytes), 1);
    expect_refused(table.finish({handle}), kMalformed,
                   "Snappy cannot inflate it");
  }
}

TEST(Table, HasSnappyThatSaysItIsHuge) {
  TableBuilder table;
  std::string handle = table.add_raw(varint(0xffffffff) + "abc", 1);
  expect_refused(table.finish({handle}), kLimit, "keys and blocks take more");
}

TEST(Table, SharesMoreThanTheKeyBeforeHas) {
  expect_refused(with_block(table_block(table_entry("a", "1", 1))), kMalformed,
                 "shares 1 bytes with a key of 0");
  expect_refused(with_block(table_block(table_entry("ab", "1") +
                                        table_entry("c", "1", UINT64_MAX))),
                 kMalformed, "with a key of 2");
}

TEST(Table, HasEntriesThatReachBehindTheirBlock) {
  expect_refused(with_block(table_block(varint(0) + varint(9) + varint(0))),
                 kMalformed, "key of an entry");
  expect_refused(
      with_block(table_block(varint(0) + varint(0) + varint(UINT64_MAX))),
      kMalformed, "value of an entry");
  expect_refused(with_block(table_block("\x80")), kMalformed,
                 "shared key bytes");
}

TEST(Table, HasMoreRestartPointsThanItsBlock) {
  expect_refused(with_block(""), kMalformed, "number of restart points");
  expect_refused(with_block(u32(1)), kMalformed,
                 "1 restart points do not fit a block of 4 bytes");
  expect_refused(with_block(u32(0) + u32(UINT32_MAX)), kMalformed,
                 "4294967295 restart points");
}

TEST(Table, HasKeysOutOfOrder) {
  expect_refused(table_of({{"b", ""}, {"a", ""}}), kMalformed,
                 "keys of a block are not in order");
  expect_refused(table_of({{"a", ""}, {"a", ""}}), kMalformed,
                 "keys of a block are not in order");
}

// Else a small file could have the same block checked and read for ever.
TEST(Table, HasBlocksThatOverlap) {
  TableBuilder table;
  std::string handle = table.add(u32(0) + u32(1));
  expect_refused(table.finish({handle, handle}), kMalformed,
                 "begins before the end of the one before it");
}

// Three bytes an entry, each with a long key.
TEST(Table, MakesLongKeysOfFewBytes) {
  std::string entries = table_entry(std::string(60000, 'k'), "");
  for (uint64_t i = 0; i < 5000; ++i) {
    entries += table_entry("k", "", 60000 + i);
  }
  expect_refused(with_block(table_block(entries)), kLimit,
                 "keys and blocks take more");
}

}  // namespace
}  // namespace tsinspect::tensorflow
