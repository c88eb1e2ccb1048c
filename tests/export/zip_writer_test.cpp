#include "export/zip_writer.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "format/temp_folder.h"
#include "tsinspect/records.h"
#include "zip/zip.h"

namespace tsinspect {
namespace {

struct Zip {
  explicit Zip(const std::string& path) : file(File::open(path)) {
    records = read_zip_directory(file->data(), &findings, &names);
  }

  std::shared_ptr<const File> file;
  std::vector<Finding> findings;
  NameIndex names{0};
  std::vector<Record> records;
};

TEST(ZipWriter, WritesWhatTheReaderReads) {
  TempFolder folder;
  std::string path = folder.path() + "/out.zip";
  AtomicFile out(path, false);
  ZipWriter writer(&out);
  writer.add("first", "abcdefg");
  writer.add("empty", "");
  writer.begin(
      "gr\xc3\xb6\xc3\x9f"
      "e",
      6);
  std::string_view parts[] = {"123", "456"};
  for (auto part : parts) writer.write(std::as_bytes(std::span(part)));
  writer.end();
  writer.finish();
  out.commit();

  Zip zip(path);
  ASSERT_EQ(zip.records.size(), 3u);
  EXPECT_TRUE(zip.findings.empty());
  const char* names[] = {"first", "empty",
                         "gr\xc3\xb6\xc3\x9f"
                         "e"};
  const char* texts[] = {"abcdefg", "", "123456"};
  for (size_t i = 0; i < 3; ++i) {
    const Record& record = zip.records[i];
    EXPECT_EQ(record.name, names[i]);
    EXPECT_EQ(stored_bytes(zip.file->data(), record), texts[i]);
    EXPECT_EQ(zip_payload_offset(zip.file->data(), record) % 64, 0u);
    EXPECT_EQ(zip_crc32(zip.file->data(), record, {}), record.crc32);
  }
}

TEST(ZipWriter, CountsMoreRecordsThan16Bits) {
  constexpr size_t kCount = 70'000;
  TempFolder folder;
  std::string path = folder.path() + "/out.zip";
  AtomicFile out(path, false);
  ZipWriter writer(&out);
  for (size_t i = 0; i < kCount; ++i) writer.add(std::to_string(i), "x");
  writer.finish();
  out.commit();

  Zip zip(path);
  ASSERT_EQ(zip.records.size(), kCount);
  EXPECT_EQ(zip.records.back().name, "69999");
  EXPECT_EQ(stored_bytes(zip.file->data(), zip.records.back()), "x");
}

TEST(ZipWriter, RefusesANameThatDoesNotFit) {
  TempFolder folder;
  AtomicFile out(folder.path() + "/out.zip", false);
  ZipWriter writer(&out);
  EXPECT_THROW(writer.add(std::string(70'000, 'n'), ""), Error);
}

}  // namespace
}  // namespace tsinspect
