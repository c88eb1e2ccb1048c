#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstring>

#include "format/temp_folder.h"
#include "support/checkpoint_builder.h"
#include "support/expect_error.h"
#include "support/memory_file.h"
#include "support/read_all.h"
#include "tensorflow/tensor_slice.h"
#include "tsinspect/values.h"

namespace tsinspect::tensorflow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kShard = "m.data-00000-of-00001";

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()),
          values.size() * sizeof(T)};
}

std::string values_of(const Model& model, const Tensor& tensor) {
  std::string out;
  read_values(model, tensor, [&](std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
  return out;
}

// A folder with a checkpoint of one shard.
class Checkpoint {
 public:
  Checkpoint(TableRows rows, std::string_view data,
             std::string header = bundle_header()) {
    rows.insert(rows.begin(), {"", std::move(header)});
    index_ = folder_.add("m.index", table_of(rows));
    folder_.add(kShard, data);
  }

  Model open() const { return open_model(index_); }
  const TempFolder& folder() const { return folder_; }
  const std::string& index() const { return index_; }

  std::string error() const {
    try {
      open();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

 private:
  TempFolder folder_;
  std::string index_;
};

TableRows one(const EntryOptions& options) {
  return {{"w", bundle_entry(options).text()}};
}

TEST(Checkpoint, HasItsVariablesInOneShard) {
  std::string data = bytes_of<float>({1, 2, 3, 4});
  Checkpoint files({{"a", bundle_entry({.shape = {3}, .size = 12}).text()},
                    {"b", bundle_entry({.offset = 12}).text()}},
                   data);
  Model model = files.open();
  EXPECT_EQ(model.form, Form::kTfCheckpoint);
  ASSERT_EQ(model.tensors.size(), 2U);
  EXPECT_EQ(model.tensors[0].role, Role::kVariable);
  EXPECT_THAT(model.tensors[0].shape, ElementsAre(3));
  EXPECT_EQ(values_of(model, model.tensors[0]), data.substr(0, 12));
  EXPECT_EQ(values_of(model, model.tensors[1]), data.substr(12));
  EXPECT_THAT(model.findings, IsEmpty());
}

TEST(Checkpoint, IsCheckedByItsChecksums) {
  std::string data = bytes_of<float>({5});
  EntryOptions entry = {.crc32c = masked_crc32c_of(data)};
  EXPECT_THAT(check_records(Checkpoint(one(entry), data).open()), IsEmpty());
  data[1] ^= 1;
  auto problems = check_records(Checkpoint(one(entry), data).open());
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_THAT(problems[0].message, HasSubstr("masked CRC-32C is 0x"));
}

TEST(Checkpoint, HasBigEndianValues) {
  Checkpoint files(one({.dtype = 3}), "\x01\x02\x03\x04",
                   bundle_header(1, true));
  Model model = files.open();
  EXPECT_TRUE(model.producer.big_endian);
  EXPECT_EQ(values_of(model, model.tensors[0]), "\x04\x03\x02\x01");
}

TEST(Checkpoint, HasStringsWithTheirLengthsFirst) {
  std::string data = shard_strings({"ab", "", "c"});
  Checkpoint files(one({.dtype = 7, .shape = {3}, .size = data.size()}), data);
  Model model = files.open();
  EXPECT_EQ(model.tensors[0].size_bytes(), 27U);
  int64_t index[] = {0};
  EXPECT_EQ(ElementReader(model, model.tensors[0]).text(index), "'ab'");
}

TEST(Checkpoint, HasStringsThatDoNotFitTheirBytes) {
  std::string data = shard_strings({"ab", "", "c"});
  for (int64_t count : {0, 1, 2, 4, 100}) {
    EXPECT_THAT(
        Checkpoint(one({.dtype = 7, .shape = {count}, .size = data.size()}),
                   data)
            .error(),
        HasSubstr("tensor 'w'"))
        << count;
  }
  EXPECT_THAT(
      Checkpoint(one({.dtype = 7, .shape = {INT64_MAX}, .size = data.size()}),
                 data)
          .error(),
      HasSubstr("tensor 'w'"));
}

TEST(Checkpoint, IsListedWithoutAShardButNotRead) {
  TempFolder folder;
  std::string index = folder.add(
      "m.index", table_of({{"", bundle_header(2)},
                           {"a", bundle_entry({.shard = 0}).text()},
                           {"b", bundle_entry({.shard = 1}).text()},
                           {"c", bundle_entry({.shard = 1}).text()}}));
  folder.add("m.data-00000-of-00002", "1234");
  Model model = open_model(index);
  ASSERT_EQ(model.tensors.size(), 3U);
  EXPECT_EQ(values_of(model, model.tensors[0]), "1234");
  ASSERT_EQ(model.findings.size(), 1U);
  EXPECT_EQ(model.findings[0].rule, "missing-shard");
  EXPECT_EQ(model.findings[0].message,
            "'m.data-00001-of-00002': no such file; 2 variables are in it");
  expect_error(ErrorKind::kUnsupported,
               "tensor 'b': 'm.data-00001-of-00002': no such file",
               [&] { values_of(model, model.tensors[1]); });
}

TEST(Checkpoint, HasAShardThatIsTooShort) {
  Model model =
      Checkpoint(one({.shape = {3}, .offset = 4, .size = 12}), "1234567")
          .open();
  ASSERT_EQ(model.findings.size(), 1U);
  EXPECT_EQ(model.findings[0].rule, "truncated-shard");
  EXPECT_EQ(model.findings[0].message,
            "'m.data-00000-of-00001': 12 bytes at 4 exceed the file's 7");
  Model far = Checkpoint(one({.offset = UINT64_MAX}), "1234").open();
  EXPECT_EQ(far.findings.size(), 1U);
  Model large = Checkpoint(one({.size = UINT64_MAX}), "1234").open();
  EXPECT_EQ(large.findings.size(), 1U);
}

TEST(Checkpoint, PutsAVariableInAShardThatCannotBe) {
  for (uint64_t shard : {uint64_t{1}, uint64_t{1} << 40, UINT64_MAX}) {
    Model model = Checkpoint(one({.shard = shard}), "1234").open();
    ASSERT_EQ(model.findings.size(), 1U);
    EXPECT_THAT(model.findings[0].message, HasSubstr("the index puts it in"));
  }
  Model none = Checkpoint(one({}), "1234", bundle_header(0)).open();
  EXPECT_EQ(none.findings.size(), 1U);
}

// Opening a pipe without a writer would wait for one.
TEST(Checkpoint, HasAPipeForAShard) {
  TempFolder folder;
  std::string index = folder.add(
      "m.index",
      table_of({{"", bundle_header()}, {"w", bundle_entry({}).text()}}));
  mkfifo((folder.path() + "/pipe").c_str(), 0600);
  std::filesystem::create_symlink("pipe", folder.path() + "/" + kShard);
  Model model = open_model(index);
  ASSERT_EQ(model.findings.size(), 1U);
  EXPECT_THAT(model.findings[0].message, HasSubstr("not a regular file"));
}

TEST(Checkpoint, HasFewerBytesThanItsShapeNeeds) {
  EXPECT_THAT(Checkpoint(one({.shape = {2}}), "1234").error(),
              HasSubstr("tensor 'w': 4 bytes of values where its shape needs "
                        "8"));
}

TEST(Checkpoint, HasAShapeThatCannotBe) {
  EXPECT_THAT(Checkpoint(one({.shape = {-1}}), "1234").error(),
              HasSubstr("impossible shape [-1]"));
  EXPECT_THAT(Checkpoint(one({.shape = {INT64_MAX, 4}}), "1234").error(),
              HasSubstr("impossible shape"));
  std::string unknown = ProtoBuilder()
                            .varint(1, 1)
                            .message(2, ProtoBuilder().varint(3, 1))
                            .text();
  EXPECT_THAT(Checkpoint({{"w", unknown}}, "1234").error(),
              HasSubstr("variable 'w': its shape is not known"));
  EXPECT_THAT(
      Checkpoint(one({.shape = std::vector<int64_t>(300, 1)}), "1234").error(),
      HasSubstr("more than 254 dimensions"));
}

TEST(Checkpoint, HasADtypeThatIsNotRead) {
  for (uint64_t dtype : {0, 20, 21, 99, 1000}) {
    Model model = Checkpoint(one({.dtype = dtype}), "1234").open();
    ASSERT_EQ(model.tensors.size(), 1U);
    EXPECT_EQ(model.tensors[0].dtype, DType::kOpaque);
    EXPECT_THROW(values_of(model, model.tensors[0]), Error);
  }
}

TEST(Checkpoint, HasNoHeader) {
  TempFolder folder;
  std::string path = folder.add("m.index", table_of({{"a", "b"}}));
  expect_error(ErrorKind::kMalformed,
               "no checkpoint: its table has no header, which has the empty "
               "key",
               [&] { open_model(path); });
}

TEST(Checkpoint, HasAnEntryThatIsNoMessage) {
  EXPECT_THAT(Checkpoint({{"w", "\xff\xff"}}, "").error(),
              HasSubstr("a field of BundleEntryProto is cut off"));
}

// A variable of shape [4, 2] in two parts of columns, the second one first in
// the shard.
TableRows sliced(const std::vector<TensorSlice>& slices,
                 const std::vector<EntryOptions>& parts, uint64_t dtype = 1) {
  ProtoBuilder whole = bundle_entry({.dtype = dtype, .shape = {4, 2}});
  TableRows rows;
  for (size_t i = 0; i < slices.size(); ++i) {
    ProtoBuilder slice;
    for (size_t d = 0; d < slices[i].start.size(); ++d) {
      slice.message(1,
                    ProtoBuilder()
                        .varint(1, static_cast<uint64_t>(slices[i].start[d]))
                        .varint(2, static_cast<uint64_t>(slices[i].length[d])));
    }
    whole.message(bundle_entry_proto::kSlices, slice);
    if (i < parts.size()) {
      rows.push_back(
          {slice_key("w", slices[i]), bundle_entry(parts[i]).text()});
    }
  }
  rows.push_back({"w", whole.text()});
  return rows;
}

TEST(Checkpoint, PutsSlicesTogether) {
  Checkpoint files(sliced({{{0, 0}, {4, 1}}, {{0, 1}, {4, 1}}},
                          {{.shape = {4, 1}, .offset = 16, .size = 16},
                           {.shape = {4, 1}, .size = 16}}),
                   bytes_of<float>({1, 3, 5, 7, 0, 2, 4, 6}));
  Model model = files.open();
  ASSERT_EQ(model.tensors.size(), 1U);
  EXPECT_EQ(values_of(model, model.tensors[0]),
            bytes_of<float>({0, 1, 2, 3, 4, 5, 6, 7}));
  ASSERT_EQ(model.records.size(), 2U);
  EXPECT_EQ(model.records[0].name, "w 0,4:0,1");
  EXPECT_THAT(model.findings, IsEmpty());
}

TEST(Checkpoint, LacksASlice) {
  Model model = Checkpoint(sliced({{{0, 0}, {4, 1}}, {{0, 1}, {4, 1}}},
                                  {{.shape = {4, 1}, .size = 16}}),
                           std::string(16, 'x'))
                    .open();
  ASSERT_EQ(model.findings.size(), 1U);
  EXPECT_EQ(model.findings[0].rule, "missing-slice");
  EXPECT_EQ(model.findings[0].message, "its slice 0,4:1,1 is not in the index");
  EXPECT_THROW(values_of(model, model.tensors[0]), Error);
}

TEST(Checkpoint, HasSlicesThatDoNotMakeUpTheVariable) {
  std::string data(64, 'x');
  auto error = [&](const std::vector<TensorSlice>& slices, uint64_t size) {
    return Checkpoint(sliced(slices, {{.size = size}, {.size = size}}), data)
        .error();
  };
  EXPECT_THAT(error({{{0, 0}, {4, 1}}}, 16),
              HasSubstr("variable 'w': 4 of its elements are in no part"));
  EXPECT_THAT(error({{{0, 0}, {4, 2}}, {{0, 1}, {4, 1}}}, 32),
              HasSubstr("has 32 bytes where its shape needs 16"));
  EXPECT_THAT(error({{{0, 0}, {4, 2}}, {{0, 0}, {4, 2}}}, 32),
              HasSubstr("keys of a block are not in order"));
  EXPECT_THAT(error({{{0, 0}, {5, 2}}}, 40), HasSubstr("does not lie in it"));
  EXPECT_THAT(error({{{-1, 0}, {4, 2}}}, 32), HasSubstr("does not lie in it"));
  EXPECT_THAT(error({{{INT64_MAX, 0}, {4, 2}}}, 32),
              HasSubstr("does not lie in it"));
  EXPECT_THAT(error({{{0}, {4}}}, 16), HasSubstr("does not lie in it"));
}

TEST(Checkpoint, HasSlicesOfStrings) {
  Model model = Checkpoint(sliced({{{0, 0}, {4, 2}}}, {{.size = 4}}, 7),
                           std::string(16, 'x'))
                    .open();
  EXPECT_THAT(model.tensors[0].details->no_data,
              HasSubstr("slices of type string are not read"));
}

// Entries whose bytes are others, in a block with the right checksum.
TEST(Checkpoint, IsReadOrRefusedWhateverItsEntriesAre) {
  std::string data(64, 'x');
  TableRows rows = sliced({{{0, 0}, {4, 1}}, {{0, 1}, {4, 1}}},
                          {{.shape = {4, 1}, .size = 16},
                           {.shape = {4, 1}, .offset = 16, .size = 16}});
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t at = 0; at < rows[i].second.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        TableRows other = rows;
        other[i].second[at] ^= static_cast<char>(1 << bit);
        Checkpoint files(other, data);
        hostile::open_and_read_all(files.index());
      }
    }
  }
}

TEST(Checkpoint, OfVersion1HasItsValuesInTheTable) {
  ProtoBuilder slice = ProtoBuilder().message(1, ProtoBuilder());
  ProtoBuilder meta = ProtoBuilder().message(
      1, ProtoBuilder()
             .bytes(saved_slice_meta::kName, "v")
             .message(saved_slice_meta::kShape, tf_shape({2}))
             .varint(saved_slice_meta::kType, 3)
             .message(saved_slice_meta::kSlice, slice));
  ProtoBuilder values = ProtoBuilder().message(
      saved_tensor_slices::kData,
      ProtoBuilder().message(
          saved_slice::kData,
          ProtoBuilder().bytes(tensor_proto::kIntVal, "\x05\x06")));
  TableRows rows = {
      {"", ProtoBuilder().message(saved_tensor_slices::kMeta, meta).text()},
      {slice_key("v", {{0}, {-1}}), values.text()}};
  hostile::MemoryFile file(table_of(rows));
  Model model = open_model(file.path());
  ASSERT_EQ(model.tensors.size(), 1U);
  EXPECT_EQ(values_of(model, model.tensors[0]), bytes_of<int32_t>({5, 6}));

  rows.pop_back();
  hostile::MemoryFile without(table_of(rows));
  Model listed = open_model(without.path());
  EXPECT_THAT(listed.tensors[0].details->no_data,
              HasSubstr("is not in the file"));
}

}  // namespace
}  // namespace tsinspect::tensorflow
