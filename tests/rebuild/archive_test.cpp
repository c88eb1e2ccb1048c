#include "rebuild/archive.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "format/format.h"
#include "format/temp_folder.h"
#include "support/expect_error.h"
#include "support/torch_file.h"
#include "support/zip_builder.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

std::string root_of(const std::vector<std::string>& names,
                    std::string_view record) {
  std::vector<Record> records;
  for (const std::string& name : names) {
    records.emplace_back();
    records.back().name = name;
  }
  return std::string(find_archive_root(records, record));
}

TEST(FindArchiveRoot, IsTheOneFolderAboveTheRecord) {
  EXPECT_EQ(root_of({"a/x", "b/data.pkl", "c/data.pkl"}, "data.pkl"), "b/");
  EXPECT_EQ(root_of({"archive/data.pkl"}, "data.pkl"), "archive/");
}

TEST(FindArchiveRoot, IsEmptyElsewhere) {
  EXPECT_EQ(root_of({}, "data.pkl"), "");
  EXPECT_EQ(root_of({"data.pkl"}, "data.pkl"), "");
  EXPECT_EQ(root_of({"a/b/data.pkl"}, "data.pkl"), "");
  EXPECT_EQ(root_of({"a/mydata.pkl", "adata.pkl"}, "data.pkl"), "");
  EXPECT_EQ(root_of({"a/data.pkl.bak"}, "data.pkl"), "");
}

// An archive of these records, and the model that it adds to.
class ArchiveTest : public testing::Test {
 protected:
  Archive& make(const std::vector<ZipRecord>& records,
                const Limits& limits = {}) {
    input_ = open_input(folder_.add("m", build_zip(records)), limits);
    model_.files = {input_.file};
    model_.records = input_.records;
    model_.findings = input_.findings;
    archive_.emplace(&model_, input_.names, "a/", limits);
    return *archive_;
  }

  static StorageId id(std::string_view key, uint64_t elements,
                      std::string_view device = "cpu") {
    StorageId id;
    id.dtype = DType::kInt16;
    id.key = key;
    id.elements = elements;
    id.device = device;
    return id;
  }

  TempFolder folder_;
  Input input_;
  Model model_;
  std::optional<Archive> archive_;
};

TEST_F(ArchiveTest, FindsRecordsBelowItsRoot) {
  Archive& archive = make({{"b/x", ""}, {"a/x", ""}, {"a/data/x", ""}});
  EXPECT_EQ(archive.find("x"), 1u);
  EXPECT_EQ(archive.find("data/", "x"), 2u);
  EXPECT_EQ(archive.find("y"), kNoIndex);
  EXPECT_EQ(archive.find("a/x"), kNoIndex);
}

TEST_F(ArchiveTest, KeepsInflatedTextAlive) {
  Archive& archive = make({{"a/x", "hello", 8}});
  std::string_view text = archive.text(0);
  EXPECT_EQ(text, "hello");
  ASSERT_THAT(model_.inflated, SizeIs(1));
  EXPECT_EQ(text.data(), model_.inflated[0]->data());
}

TEST_F(ArchiveTest, ReadsSmallRecordsWithoutTheirLineEnd) {
  Archive& archive = make({{"a/version", "3 \r\n\n"}, {"a/empty", "\n"}});
  EXPECT_EQ(archive.small_text("version"), "3");
  EXPECT_EQ(archive.small_text("empty"), "");
  EXPECT_EQ(archive.small_text("none"), "");
}

TEST_F(ArchiveTest, KnowsItsProducer) {
  make({{"a/version", "3\n"}, {"a/byteorder", "big"}}).read_producer();
  EXPECT_EQ(model_.producer.file_version, "3");
  EXPECT_TRUE(model_.producer.big_endian);
}

TEST_F(ArchiveTest, KnowsAVersionThatLiesElsewhere) {
  make({{"a/.data/version", "10\n"}, {"a/byteorder", "little"}})
      .read_producer();
  EXPECT_EQ(model_.producer.file_version, "10");
  EXPECT_FALSE(model_.producer.big_endian);
}

TEST_F(ArchiveTest, MakesOneStorageOfARecord) {
  Archive& archive = make({{"a/data/k", "abcd"}, {"a/data/l", "efgh"}});
  StorageFinder find = archive.storages("data/");
  EXPECT_EQ(find(id("l", 2, "cuda:1")), 0u);
  EXPECT_EQ(find(id("k", 2)), 1u);
  EXPECT_EQ(find(id("l", 1)), 0u);
  ASSERT_THAT(model_.storages, SizeIs(2));
  EXPECT_EQ(model_.storages[0].key, "l");
  EXPECT_EQ(model_.storages[0].device, "cuda:1");
  EXPECT_EQ(model_.storages[0].record, 1u);
  EXPECT_EQ(model_.storages[0].size_bytes, 4u);
}

TEST_F(ArchiveTest, FindsKeysThatHoldTheFolder) {
  Archive& archive = make({{"a/constants/0", "abcd"}});
  EXPECT_EQ(archive.storages("data/")(id("constants/0", 2)), 0u);
  EXPECT_EQ(model_.storages[0].record, 0u);
}

TEST_F(ArchiveTest, FindsTheLastOfTwoRecordsOfOneName) {
  Archive& archive = make({{"a/data/0", "abcd"}, {"a/data/0", "efgh"}});
  archive.storages("data/")(id("0", 2));
  EXPECT_EQ(model_.storages[0].record, 1u);
}

TEST_F(ArchiveTest, AStorageMayBeLargerThanItsTensors) {
  Archive& archive = make({{"a/data/0", "abcdefgh"}});
  archive.storages("data/")(id("0", 1));
  EXPECT_EQ(model_.storages[0].size_bytes, 8u);
}

TEST_F(ArchiveTest, MetaStoragesHaveNoRecord) {
  Archive& archive = make({{"a/data/0", "abcd"}});
  EXPECT_EQ(archive.storages("data/")(id("9", 1000, "meta")), kNoIndex);
  EXPECT_THAT(model_.storages, SizeIs(0));
}

TEST_F(ArchiveTest, TellsOfAMissingStorage) {
  Archive& archive = make({{"a/data/0", "abcd"}});
  expect_error(ErrorKind::kMalformed,
               "storage '1\\n': there is no record 'a/data/1\\n'",
               [&] { archive.storages("data/")(id("1\n", 2)); });
}

TEST_F(ArchiveTest, TellsOfAStorageThatIsTooSmall) {
  Archive& archive = make({{"a/x", "1"}, {"a/data/0", "abc"}});
  expect_error(ErrorKind::kMalformed,
               "0x00000022: storage '0': 2 elements of int16 take 4 bytes, but "
               "record 'a/data/0' has 3",
               34, [&] { archive.storages("data/")(id("0", 2)); });
}

TEST_F(ArchiveTest, TellsOfAStorageOfImpossibleSize) {
  Archive& archive = make({{"a/data/0", "abc"}});
  expect_error(ErrorKind::kMalformed,
               "storage id: 18446744073709551615 elements are too many",
               [&] { archive.storages("data/")(id("0", UINT64_MAX)); });
}

TEST_F(ArchiveTest, NamesTheRecordOfABadPickle) {
  Archive& archive = make({{"a/data.pkl", "\x80\x02t."}});
  expect_error(ErrorKind::kMalformed,
               "record 'a/data.pkl': 0x00000002: pickle: there is no mark on "
               "the stack",
               [&] { archive.pickle(0); });
}

TEST_F(ArchiveTest, BoundsAllInflatedTextTogether) {
  std::string text(10'000, 'x');
  Limits limits;
  limits.metadata_bytes = 15'000;
  Archive& archive = make({{"a/x", text, 8}, {"a/y", text, 8}}, limits);
  EXPECT_EQ(archive.text(0).size(), 10'000u);
  uint64_t limit = 15'000 + 4 * model_.files[0]->size();
  expect_error(ErrorKind::kLimit,
               fmt::format("{:#010x}: record 'a/y': more than {} bytes of "
                           "inflated pickles and source",
                           model_.records[1].offset, limit),
               model_.records[1].offset, [&] { archive.text(1); });
}

}  // namespace
}  // namespace tsinspect
