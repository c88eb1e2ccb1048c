#include <fmt/format.h>
#include <gmock/gmock.h>

#include "format/bytes.h"
#include "support/expect_error.h"
#include "support/torch_file.h"

namespace tsinspect {
namespace {

using pkl::Code;
using testing::ElementsAre;
using testing::SizeIs;

std::string tar(const NamedBytes& members) {
  std::string file;
  for (const auto& [name, bytes] : members) {
    std::string header(512, '\0');
    header.replace(0, name.size(), name);
    header.replace(124, 11, fmt::format("{:011o}", bytes.size()));
    header.replace(257, 5, "ustar");
    file += header + bytes;
    file.resize((file.size() + 511) / 512 * 512);
  }
  return file + std::string(1024, '\0');
}

// A storage: (key, location, type), its count and bytes.
std::string storage(int64_t key, const char* type, uint64_t elements,
                    std::string_view bytes) {
  return (pkl::pickle(pkl::tuple(
              {pkl::integer(key), pkl::text("cpu"), pkl::global(type)})) +
          little_endian(elements, 8))
      .append(bytes);
}

// A tensor of one dimension: (key, storage key, type), then its geometry.
std::string tensor(int64_t key, int64_t storage_key, int64_t size,
                   int64_t stride, int64_t offset, uint32_t dimensions = 1) {
  std::string bytes =
      pkl::pickle(pkl::tuple({pkl::integer(key), pkl::integer(storage_key),
                              pkl::global("torch.ShortTensor")}));
  bytes += little_endian(dimensions, 4) + "...." +
           little_endian(static_cast<uint64_t>(size), 8) +
           little_endian(static_cast<uint64_t>(stride), 8) +
           little_endian(static_cast<uint64_t>(offset), 8);
  return bytes;
}

std::string count(int64_t n) { return pkl::pickle(pkl::integer(n)); }

std::string views(const std::vector<Code>& all) {
  return pkl::pickle(pkl::list(all));
}

std::string file_of(const std::string& storages, const std::string& tensors,
                    const Code& value) {
  return tar({{"sys_info", pkl::pickle(pkl::dict({}))},
              {"pickle", pkl::pickle(value)},
              {"tensors", tensors},
              {"storages", storages}});
}

// One storage of four shorts with key 10, and the tensors on it.
std::string shorts(const std::vector<Code>& all_views = {}) {
  return count(1) + storage(10, "torch.ShortStorage", 4, "abcdefgh") +
         views(all_views);
}

Code by_key(const char* key) { return pkl::persistent(pkl::text(key)); }

TEST(TorchTar, ReadsTensorsByTheirKeys) {
  Model model = opened(file_of(
      count(2) + storage(10, "torch.ShortStorage", 4, "abcdefgh") +
          storage(11, "torch.cuda.FloatStorage", 1, "ijkl") + views({}),
      count(2) + tensor(20, 10, 2, 1, 1) + tensor(21, 11, 1, 1, 0),
      pkl::dict({{pkl::text("a"), by_key("21")},
                 {pkl::text("b"), "P20\n"},
                 {pkl::text("c"), pkl::persistent(pkl::integer(10))}})));
  EXPECT_EQ(model.form, Form::kTorchSaveTar);
  EXPECT_EQ(model.producer.torch_version, "0.1");
  EXPECT_THAT(tensor_lines(model), ElementsAre("a tensor float32 [1] [1]+0 @1",
                                               "b tensor int16 [2] [1]+1 @0",
                                               "c tensor int16 [4] [1]+0 @0"));
  EXPECT_EQ(value_bytes(model, 0), "ijkl");
  EXPECT_EQ(value_bytes(model, 1), "cdef");
  EXPECT_EQ(value_bytes(model, 2), "abcdefgh");
  ASSERT_THAT(model.records, SizeIs(4));
  EXPECT_EQ(model.records[2].name, "tensors");
}

TEST(TorchTar, ReadsViewsOfStorages) {
  Code view = pkl::tuple(
      {pkl::integer(12), pkl::integer(10), pkl::integer(1), pkl::integer(3)});
  Model model =
      opened(file_of(shorts({view}), count(1) + tensor(20, 12, 2, 1, 1),
                     pkl::list({by_key("20"), by_key("12")})));
  EXPECT_THAT(tensor_lines(model), ElementsAre("0 tensor int16 [2] [1]+2 @0",
                                               "1 tensor int16 [3] [1]+1 @0"));
}

TEST(TorchTar, MembersMayBeInACurrentFolder) {
  Model model = opened(tar({{"./storages", shorts()},
                            {"./tensors", count(0)},
                            {"./pickle", pkl::pickle(pkl::integer(5))}}));
  EXPECT_EQ(model.objects.integer(model.root), 5);
}

TEST(TorchTar, OtherTarsAreNone) {
  EXPECT_THROW(opened(tar({{"pickle", pkl::pickle(pkl::none())}})), Error);
}

struct Bad {
  std::string storages;
  std::string tensors;
  const char* what;  // Without its offset.
};

TEST(BadTorchTar, IsMalformed) {
  const Code ten = pkl::integer(10);
  const std::string none = count(0);
  const Bad all[] = {
      {count(-1), none, "a count is no number"},
      {pkl::pickle(pkl::text("1")), none, "a count is no number"},
      {count(1) + pkl::pickle(pkl::tuple({ten})), none,
       "a tuple of another length"},
      {count(1) + storage(10, "torch.OddStorage", 4, "abcdefgh"), none,
       "a storage has an unknown type"},
      {count(1) + storage(10, "torch.ShortStorage", UINT64_MAX, ""), none,
       "a storage is too large"},
      {count(1) + storage(10, "torch.ShortStorage", 4, "abcdefg"), none,
       "unable to read storage: need 8 bytes, 7 remain"},
      {shorts({ten}), none, "a view is no tuple of four"},
      {shorts({pkl::integers({12, 11, 0, 1})}), none, "a view of no storage"},
      {shorts({pkl::integers({12, 10, 2, 3})}), none,
       "a view exceeds its storage"},
      {shorts({pkl::integers({12, 10, -1, 3})}), none,
       "a view exceeds its storage"},
      {shorts({pkl::tuple({ten, pkl::text("x"), ten, ten})}), none,
       "a key is no number"},
      {shorts(), count(1) + tensor(20, 11, 1, 1, 0),
       "a tensor without a "
       "storage"},
      {shorts(), count(1) + tensor(20, 10, 1, 1, 0, 9), "too many dimensions"},
  };
  for (const Bad& bad : all) {
    try {
      opened(file_of(bad.storages, bad.tensors, pkl::none()));
      ADD_FAILURE() << bad.what;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
      EXPECT_EQ(error.what(),
                fmt::format("{:#010x}: {}", error.offset(), bad.what));
      EXPECT_NE(error.offset(), Error::kNoOffset);
    }
  }
}

TEST(BadTorchTar, LacksItsTensors) {
  expect_error(ErrorKind::kMalformed, "the tar has no member 'tensors'", [] {
    opened(tar({{"storages", shorts()}, {"pickle", pkl::pickle(pkl::none())}}));
  });
}

TEST(BadTorchTar, HasATensorBeyondItsStorage) {
  expect_error(ErrorKind::kMalformed,
               "tensor '': shape [5], strides [1] and offset 0 reach 5 "
               "elements of int16, but its storage has 8 bytes",
               [] {
                 opened(file_of(shorts(), count(1) + tensor(20, 10, 5, 1, 0),
                                by_key("20")));
               });
}

TEST(BadTorchTar, HasNegativeGeometry) {
  EXPECT_THROW(opened(file_of(shorts(), count(1) + tensor(20, 10, -1, 1, 0),
                              by_key("20"))),
               Error);
  EXPECT_THROW(opened(file_of(shorts(), count(1) + tensor(20, 10, 1, 1, -1),
                              by_key("20"))),
               Error);
}

TEST(BadTorchTar, NamesATensorByNoNumber) {
  expect_error(ErrorKind::kMalformed,
               "tensor '': 0x00000000: a key is no "
               "number",
               [] { opened(file_of(shorts(), count(0), by_key("x"))); });
}

TEST(HostileTorchTar, ManySmallPicklesTakeLinearTime) {
  std::string storages = count(20'000);
  for (int i = 0; i < 20'000; ++i) {
    storages += storage(i, "torch.ShortStorage", 0, "");
  }
  Model model = opened(file_of(storages + views({}), count(0), pkl::none()));
  EXPECT_THAT(model.storages, SizeIs(20'000));
}

}  // namespace
}  // namespace tsinspect
