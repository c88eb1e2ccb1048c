#include "zip/zip.h"

#include <gmock/gmock.h>

#include "format/bytes.h"
#include "support/expect_error.h"
#include "support/zip_builder.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct Directory {
  std::vector<Record> records;
  std::vector<Finding> findings;
  NameIndex names{0};
};

// `file` must outlive the result.
Directory read(std::string_view file) {
  Directory directory;
  directory.records =
      read_zip_directory(file, &directory.findings, &directory.names);
  return directory;
}

std::vector<std::string_view> names(const Directory& directory) {
  std::vector<std::string_view> all;
  for (const Record& record : directory.records) all.push_back(record.name);
  return all;
}

std::vector<std::string> findings(const Directory& directory) {
  std::vector<std::string> all;
  for (const Finding& f : directory.findings) {
    all.push_back(f.rule + "|" + f.where + "|" + f.message);
  }
  return all;
}

std::vector<std::string_view> contents(std::string_view file,
                                       const Directory& directory) {
  std::vector<std::string_view> all;
  for (const Record& record : directory.records) {
    all.push_back(stored_bytes(file, record));
  }
  return all;
}

TEST(Zip, ListsItsRecordsInOrder) {
  std::string file = build_zip({{"b", "first"}, {"a/b", "second!"}});
  Directory directory = read(file);
  EXPECT_THAT(names(directory), ElementsAre("b", "a/b"));
  EXPECT_THAT(contents(file, directory), ElementsAre("first", "second!"));
  EXPECT_THAT(directory.findings, IsEmpty());
  const Record& record = directory.records[1];
  EXPECT_EQ(record.size_bytes, 7u);
  EXPECT_EQ(record.stored_bytes, 7u);
  EXPECT_EQ(record.offset, 36u);
  EXPECT_EQ(record.method, 0);
  EXPECT_EQ(record.checksum, Checksum::kCrc32);
  EXPECT_TRUE(record.has_local_header);
  EXPECT_FALSE(record.encrypted);
}

TEST(Zip, KnowsSizesOfADeflatedRecord) {
  std::string text(1000, 'x');
  std::string file = build_zip({{"a", text, 8}});
  Directory directory = read(file);
  EXPECT_EQ(directory.records[0].method, 8);
  EXPECT_EQ(directory.records[0].size_bytes, 1000u);
  EXPECT_EQ(directory.records[0].stored_bytes, deflated(text).size());
}

TEST(Zip, FindsThePayloadBehindThePaddingOfItsLocalHeader) {
  std::string padding = "FB" + little_endian(21, 2) + std::string(21, 'Z');
  std::string file = build_zip({{"a", "12345", 0, padding}});
  Directory directory = read(file);
  EXPECT_EQ(zip_payload_offset(file, directory.records[0]), 30u + 1 + 25);
  EXPECT_THAT(contents(file, directory), ElementsAre("12345"));
}

TEST(Zip, MayBeEmpty) {
  EXPECT_THAT(read(build_zip({})).records, IsEmpty());
  EXPECT_THAT(read(build_zip({}, {.zip64 = true})).records, IsEmpty());
}

TEST(Zip, ListsFoldersAndEmptyRecords) {
  std::string file = build_zip({{"a/", ""}, {"a/b", ""}, {"c", "x"}});
  Directory directory = read(file);
  EXPECT_THAT(names(directory), ElementsAre("a/", "a/b", "c"));
  EXPECT_THAT(contents(file, directory), ElementsAre("", "", "x"));
  EXPECT_THAT(directory.findings, IsEmpty());
}

TEST(Zip, MayHaveAComment) {
  std::string file = build_zip({{"a", "12"}}, {.comment = "hello PK\5\6 you"});
  EXPECT_THAT(names(read(file)), ElementsAre("a"));
}

TEST(Zip, MayHaveTheLongestComment) {
  std::string comment(65535, '#');
  std::string file = build_zip({{"a", "12"}}, {.comment = comment});
  EXPECT_THAT(names(read(file)), ElementsAre("a"));
}

TEST(Zip, MayHaveBytesBehindItsEnd) {
  std::string file = build_zip({{"a", "12"}}) + "\n";
  EXPECT_THAT(names(read(file)), ElementsAre("a"));
}

TEST(Zip, MayHaveBytesInFront) {
  for (bool zip64 : {false, true}) {
    std::string file = build_zip({{"a", "12"}, {"b", "345"}},
                                 {.prefix = "#!/bin/sh\n", .zip64 = zip64});
    Directory directory = read(file);
    EXPECT_EQ(directory.records[0].offset, 10u);
    EXPECT_THAT(contents(file, directory), ElementsAre("12", "345")) << zip64;
  }
}

TEST(Zip, ReadsZip64Fields) {
  std::string file = build_zip({{"a", "12"}, {"b", std::string(500, 'y'), 8}},
                               {.zip64 = true});
  Directory directory = read(file);
  EXPECT_THAT(names(directory), ElementsAre("a", "b"));
  EXPECT_EQ(stored_bytes(file, directory.records[0]), "12");
  EXPECT_EQ(directory.records[1].size_bytes, 500u);
  EXPECT_EQ(directory.records[1].stored_bytes,
            deflated(std::string(500, 'y')).size());
}

TEST(Zip, HoldsMoreRecordsThan16BitsCount) {
  std::vector<ZipRecord> records;
  for (int i = 0; i < 70'000; ++i) records.push_back({std::to_string(i), ""});
  std::string file = build_zip(records, {.zip64 = true});
  Directory directory = read(file);
  ASSERT_THAT(directory.records, SizeIs(70'000));
  EXPECT_EQ(directory.records[69'999].name, "69999");
  EXPECT_THAT(directory.findings, IsEmpty());
}

TEST(Zip, IndexesTheLastOfTwoRecordsOfOneName) {
  std::string file = build_zip({{"a", "1"}, {"b", "2"}, {"a", "3"}});
  Directory directory = read(file);
  auto name_of = [&](uint32_t i) { return directory.records[i].name; };
  EXPECT_EQ(directory.names.find("a", name_of), 2u);
  EXPECT_EQ(directory.names.find("b", name_of), 1u);
  EXPECT_EQ(directory.names.find("c", name_of), kNoIndex);
  EXPECT_THAT(findings(directory),
              ElementsAre("duplicate-record|a|two records have this name; the "
                          "last one counts"));
}

TEST(Zip, TellsOfRecordsThatShareBytes) {
  std::string file =
      build_zip({{"a", "12345678901234567890123456789012345"},
                 {.name = "b\n", .data = "12345", .offset = 10}});
  EXPECT_THAT(findings(read(file)),
              ElementsAre("overlapping-records|b\\n|shares bytes with record "
                          "'a'"));
}

TEST(Zip, TellsOfRecordsThatShareBytesInWhateverOrder) {
  std::string file =
      build_zip({{.name = "a", .data = std::string(40, '1'), .offset = 36},
                 {.name = "b", .data = "12345", .offset = 0},
                 {.name = "c", .data = "123456", .offset = 40}});
  EXPECT_THAT(findings(read(file)),
              ElementsAre("overlapping-records|c|shares bytes with record "
                          "'a'"));
}

TEST(LooksLikeZip, AtItsStartOrItsEnd) {
  std::string file = build_zip({{"a", "12"}});
  EXPECT_TRUE(looks_like_zip(file));
  EXPECT_TRUE(looks_like_zip("junk" + file));
  EXPECT_TRUE(looks_like_zip(file.substr(0, 10))) << "Cut off, but a zip.";
  EXPECT_TRUE(looks_like_zip(build_zip({})));
  EXPECT_FALSE(looks_like_zip(""));
  EXPECT_FALSE(looks_like_zip("PK"));
  EXPECT_FALSE(looks_like_zip("text with PK\5\6 near its end"));
}

// What reading the directory of `file` ends in.
void expect_malformed(const std::string& file, std::string_view what,
                      uint64_t offset) {
  expect_error(ErrorKind::kMalformed, what, offset, [&] { read(file); });
}

TEST(BadZip, IsCutOff) {
  std::string file = build_zip({{"a", "12"}});
  expect_malformed(file.substr(0, 50),
                   "0x00000032: no zip end record: the file is cut off, or not "
                   "a zip",
                   50);
}

TEST(BadZip, HasMoreRecordsThanItsDirectory) {
  std::string file = build_zip({{"a", "12"}});
  file[file.size() - 12] = 7;  // Record count.
  expect_malformed(file,
                   "0x00000021: 7 records do not fit the central directory of "
                   "47 bytes",
                   33);
}

TEST(BadZip, HasADirectoryThatStartsBeforeTheFile) {
  std::string file = build_zip({{"a", "12"}});
  file[file.size() - 9] = 1;  // Central directory size.
  expect_malformed(file,
                   "0x00000050: central directory of 303 bytes does not fit "
                   "before its end record",
                   80);
}

TEST(BadZip, HasADirectoryOffsetBehindItsEnd) {
  std::string file = build_zip({{"a", "12"}});
  file[file.size() - 3] = 0x10;  // Central directory offset.
  expect_malformed(file,
                   "0x10000021: unable to find central directory: it lies "
                   "behind the end, at 80",
                   0x10000021);
}

TEST(BadZip, HasSomethingElseForACentralHeader) {
  std::string file = build_zip({{"a", "12"}});
  file[33] = 'Q';
  expect_malformed(file, "0x00000021: not a zip central header", 33);
}

TEST(BadZip, HasANameBehindItsDirectory) {
  std::string file = build_zip({{"a", "12"}});
  file[33 + 28] = 5;  // Name length.
  expect_malformed(file,
                   "0x0000004f: unable to read record name: need 5 bytes, 1 "
                   "remain",
                   79);
}

TEST(BadZip, HasARecordLargerThanTheFile) {
  expect_malformed(
      build_zip({{.name = "a\x1b", .data = "12", .stored_bytes = 5000}}),
      "0x00000022: record 'a\\x1b': 5000 bytes at 0x0 exceed the "
      "file of 104 bytes",
      34);
  expect_malformed(build_zip({{.name = "a", .data = "12", .offset = 5000}}),
                   "0x00000021: record 'a': 2 bytes at 0x1388 exceed the file "
                   "of 102 bytes",
                   33);
}

TEST(BadZip, HasAZip64FieldThatIsCutOff) {
  std::string file = build_zip({{"a", "12"}}, {.zip64 = true});
  size_t extra = file.find("a" + little_endian(1, 2) + little_endian(24, 2));
  file[extra + 3] = 8;
  expect_malformed(file,
                   "0x0000005c: unable to read zip64 field: need 8 bytes, 0 "
                   "remain",
                   92);
}

TEST(BadZip, HasALocatorThatLeadsNowhere) {
  std::string file = build_zip({{"a", "12"}}, {.zip64 = true});
  size_t end = file.find("PK\6\6");
  file[end] = 'Q';
  expect_malformed(file, "0x0000006c: not a zip64 end record", 108);
}

TEST(BadZip, HasACountThatWouldOverflow) {
  std::string file = build_zip({{"a", "12"}}, {.zip64 = true});
  size_t end = file.find("PK\6\6");
  for (size_t i = 0; i < 8; ++i) file[end + 32 + i] = '\xff';
  expect_malformed(file,
                   "0x00000021: 18446744073709551615 records do not fit the "
                   "central directory of 75 bytes",
                   33);
}

void expect_bad_payload(const std::string& file, std::string_view what,
                        uint64_t offset) {
  Directory directory = read(file);
  expect_error(ErrorKind::kMalformed, what, offset,
               [&] { stored_bytes(file, directory.records.back()); });
}

TEST(BadZip, HasAnotherNameInTheLocalHeader) {
  expect_bad_payload(
      build_zip({{.name = "a", .data = "12", .local_name = "b"}}),
      "0x00000000: record 'a': its local header says 'b'", 0);
}

TEST(BadZip, HasSomethingElseForALocalHeader) {
  expect_bad_payload(
      build_zip({{"x", "1234"}, {.name = "a", .data = "12", .offset = 4}}),
      "0x00000004: record 'a': not a zip local header", 4);
}

TEST(BadZip, HasAPayloadBehindTheEndOfTheFile) {
  std::string file = build_zip({{"a", "12"}});
  Directory directory = read(file);
  Record& record = directory.records[0];
  record.stored_bytes = 100;
  expect_error(ErrorKind::kMalformed,
               "0x0000001f: unable to read record payload: need 100 bytes, 71 "
               "remain",
               31, [&] { zip_payload_offset(file, record); });
}

TEST(BadZip, CutAnywhereGivesARecordOrAnError) {
  for (bool zip64 : {false, true}) {
    std::string file = build_zip({{"a", "12"}}, {.zip64 = zip64});
    for (size_t n = 0; n < file.size(); ++n) {
      EXPECT_THROW(read(file.substr(0, n)), Error) << n;
    }
  }
}

}  // namespace
}  // namespace tsinspect
