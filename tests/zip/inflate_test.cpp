#include <gtest/gtest.h>

#include "format/bytes.h"
#include "support/expect_error.h"
#include "support/zip_builder.h"
#include "zip/zip.h"

namespace tsinspect {
namespace {

// A zip of one record, the first of its directory.
class OneRecord {
 public:
  explicit OneRecord(const ZipRecord& record) : file_(build_zip({record})) {
    std::vector<Finding> findings;
    NameIndex names(0);
    record_ = read_zip_directory(file_, &findings, &names).at(0);
  }

  std::string inflated(const Limits& limits = {}) const {
    std::shared_ptr<const std::string> owner;
    return std::string(inflated_bytes(file_, record_, limits, &owner));
  }
  std::string prefix(size_t max_bytes) const {
    return inflated_prefix(file_, record_, max_bytes);
  }
  uint32_t crc32() const { return zip_crc32(file_, record_, {}); }

  std::string file_;
  Record record_;
};

// Text that deflates to less than itself, no two bytes of which are in the
// place of another.
std::string long_text() {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + ",";
  return text;
}

TEST(Inflate, GivesDeflatedBytes) {
  std::string text = long_text();
  OneRecord zip({"a", text, 8});
  EXPECT_EQ(zip.inflated(), text);
  EXPECT_EQ(zip.prefix(5), "0,1,2");
  EXPECT_EQ(zip.prefix(0), "");
  EXPECT_EQ(zip.prefix(SIZE_MAX), text);
  EXPECT_EQ(zip.crc32(), zip.record_.crc32);
}

TEST(Inflate, GivesStoredBytesWithoutCopying) {
  OneRecord zip({"a", "12345"});
  std::shared_ptr<const std::string> owner;
  std::string_view bytes = inflated_bytes(zip.file_, zip.record_, {}, &owner);
  EXPECT_EQ(bytes, "12345");
  EXPECT_EQ(bytes.data(), zip.file_.data() + 31);
  EXPECT_EQ(owner, nullptr);
  EXPECT_EQ(zip.prefix(3), "123");
  EXPECT_EQ(zip.crc32(), 0xcbf53a1cu);
}

TEST(Inflate, TheOwnerKeepsTheBytes) {
  std::shared_ptr<const std::string> owner;
  std::string_view bytes;
  {
    OneRecord zip({"a", "12345", 8});
    bytes = inflated_bytes(zip.file_, zip.record_, {}, &owner);
  }
  EXPECT_EQ(bytes, "12345");
  EXPECT_EQ(bytes.data(), owner->data());
}

TEST(Inflate, GivesAnEmptyRecord) {
  OneRecord zip({"a", "", 8});
  EXPECT_EQ(zip.inflated(), "");
  EXPECT_EQ(zip.crc32(), 0u);
}

TEST(Inflate, ReadsOnlyWhatAPrefixNeeds) {
  OneRecord zip({"a", long_text(), 8});
  // Past the first block the stream is damaged.
  zip.file_[zip.record_.stored_bytes - 100] ^= '\xff';
  EXPECT_EQ(zip.prefix(5), "0,1,2");
  EXPECT_THROW(zip.inflated(), Error);
}

TEST(Inflate, TellsTheChecksumOfDamagedBytes) {
  OneRecord zip({.name = "a", .data = "12345", .crc32 = 7});
  EXPECT_EQ(zip.record_.crc32, 7u);
  EXPECT_EQ(zip.crc32(), 0xcbf53a1cu);
}

void expect_bad(const ZipRecord& record, ErrorKind kind,
                std::string_view what) {
  OneRecord zip(record);
  expect_error(kind, what, 0, [&] { zip.inflated(); });
  expect_error(kind, what, 0, [&] { zip.crc32(); });
}

TEST(BadInflate, IsLongerThanTheDirectorySays) {
  expect_bad({.name = "a", .data = "12345", .method = 8, .size_bytes = 4},
             ErrorKind::kMalformed,
             "0x00000000: record 'a': does not inflate to the 4 bytes the "
             "directory says");
}

TEST(BadInflate, IsShorterThanTheDirectorySays) {
  expect_bad({.name = "a", .data = "12345", .method = 8, .size_bytes = 6},
             ErrorKind::kMalformed,
             "0x00000000: record 'a': does not inflate to the 6 bytes the "
             "directory says");
  OneRecord zip({.name = "a", .data = "12345", .method = 8, .size_bytes = 6});
  EXPECT_THROW(zip.prefix(100), Error);
}

TEST(BadInflate, StoredSizesDiffer) {
  expect_bad({.name = "a", .data = "12345", .size_bytes = 6},
             ErrorKind::kMalformed,
             "0x00000000: record 'a': stored in 5 bytes but 6 long");
}

TEST(BadInflate, StreamIsCutOff) {
  uint32_t size = static_cast<uint32_t>(deflated("12345").size());
  expect_bad(
      {.name = "a", .data = "12345", .method = 8, .stored_bytes = size - 2},
      ErrorKind::kMalformed,
      "0x00000000: record 'a': damaged deflate stream after 4 bytes");
}

TEST(BadInflate, StreamIsNoDeflate) {
  OneRecord zip({"a", "12345", 8});
  zip.file_[31] = '\xff';
  expect_error(ErrorKind::kMalformed,
               "0x00000000: record 'a': damaged deflate stream after 0 bytes",
               0, [&] { zip.inflated(); });
}

TEST(BadInflate, MethodIsUnknown) {
  expect_bad({"a", "12345", 12}, ErrorKind::kUnsupported,
             "0x00000000: record 'a': zip compression method 12");
}

TEST(BadInflate, RecordIsEncrypted) {
  expect_bad({.name = "a\n", .data = "12345", .flags = 1},
             ErrorKind::kUnsupported, "0x00000000: record 'a\\n': encrypted");
}

TEST(BadInflate, IsABomb) {
  expect_bad(
      {.name = "a", .data = "12345", .method = 8, .size_bytes = 1'000'000},
      ErrorKind::kLimit, "0x00000000: record 'a': 7 bytes inflate to 1000000");
}

TEST(BadInflate, ExceedsALimit) {
  OneRecord zip({"a", "12345", 8});
  EXPECT_EQ(zip.inflated({.inflated_bytes = 5}), "12345");
  expect_error(ErrorKind::kLimit,
               "0x00000000: record 'a': 7 bytes inflate to 5", 0,
               [&] { zip.inflated({.inflated_bytes = 4}); });
}

}  // namespace
}  // namespace tsinspect
