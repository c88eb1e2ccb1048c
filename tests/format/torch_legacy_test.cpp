#include <fmt/format.h>
#include <gmock/gmock.h>

#include "format/bytes.h"
#include "support/expect_error.h"
#include "support/torch_file.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using testing::SizeIs;
using namespace std::string_literals;
using pkl::Code;

const std::string kMagic =
    pkl::pickle("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19");

// A file of `value`, with the storages' bytes behind their element counts.
std::string legacy(const Code& value, const std::vector<Code>& keys,
                   std::string_view storages, bool little_endian = true,
                   int64_t version = 1001) {
  std::string file = kMagic + pkl::pickle(pkl::integer(version)) +
                     pkl::pickle(pkl::dict({{pkl::text("little_endian"),
                                             pkl::boolean(little_endian)}})) +
                     pkl::pickle(value) + pkl::pickle(pkl::list(keys));
  return file.append(storages);
}

std::string storage_bytes(uint64_t elements, std::string_view bytes) {
  return little_endian(elements, 8).append(bytes);
}

Code shorts(std::string_view key, int64_t elements) {
  return pkl::tensor(pkl::storage("ShortStorage", key, elements), 0, {elements},
                     {1});
}

// A storage that is a view of another one.
Code view(std::string_view root, int64_t elements, int64_t offset,
          int64_t size) {
  return pkl::persistent(
      pkl::tuple({pkl::text("storage"), pkl::global("torch.ShortStorage"),
                  pkl::text(root), pkl::text("cpu"), pkl::integer(elements),
                  pkl::tuple({pkl::text("view"), pkl::integer(offset),
                              pkl::integer(size)})}));
}

TEST(TorchLegacy, ReadsStoragesInTheOrderOfTheirKeys) {
  std::string file =
      legacy(pkl::dict({{pkl::text("a"), shorts("7", 2)},
                        {pkl::text("b"), pkl::float_vector("5", 1)}}),
             {pkl::text("5"), pkl::text("7")},
             storage_bytes(1, "abcd") + storage_bytes(2, "efgh"));
  Model model = opened(file);
  EXPECT_EQ(model.form, Form::kTorchSaveLegacy);
  EXPECT_EQ(model.producer.file_version, "1001");
  EXPECT_THAT(tensor_lines(model),
              ElementsAre("a tensor int16 [2] [1]+0 @1",
                          "b tensor float32 [1] [1]+0 @0"));
  EXPECT_EQ(value_bytes(model, 0), "efgh");
  EXPECT_EQ(value_bytes(model, 1), "abcd");
  ASSERT_THAT(model.records, SizeIs(2));
  EXPECT_EQ(model.records[1].name, "7");
  EXPECT_EQ(file.substr(model.records[1].offset, 4), "efgh");
}

TEST(TorchLegacy, DataIsLittleEndianWhateverWroteIt) {
  Model model = opened(legacy(shorts("0", 2), {pkl::text("0")},
                              storage_bytes(2, "abcd"), false));
  EXPECT_TRUE(model.producer.big_endian);
  EXPECT_EQ(value_bytes(model, 0), "abcd");
}

TEST(TorchLegacy, ReadsViewsOfStorages) {
  Model model =
      opened(legacy(pkl::list({pkl::tensor(view("0", 6, 2, 3), 1, {2}, {1}),
                               view("0", 6, 2, 3)}),
                    {pkl::text("0")}, storage_bytes(6, "abcdefghijkl")));
  EXPECT_THAT(tensor_lines(model), ElementsAre("0 tensor int16 [2] [1]+3 @0",
                                               "1 tensor int16 [3] [1]+2 @0"));
  EXPECT_EQ(value_bytes(model, 0), "ghij");
  EXPECT_EQ(value_bytes(model, 1), "efghij");
}

TEST(TorchLegacy, ReadsModulesWithTheirSource) {
  Code type = pkl::persistent(
      pkl::tuple({pkl::text("module"), pkl::global("my.Net"),
                  pkl::text("net.py"), pkl::text("class Net: pass")}));
  Code net = pkl::build(
      pkl::call(type, {}),
      pkl::module_state({.parameters = {{pkl::text("w"), shorts("0", 2)}}}));
  Model model = opened(legacy(net, {pkl::text("0")}, storage_bytes(2, "abcd")));
  EXPECT_THAT(module_lines(model), ElementsAre(": my.Net"));
  EXPECT_EQ(model.tensors[0].role, Role::kParameter);
}

TEST(TorchLegacy, MayBeOfProtocol0) {
  std::string file =
      "L119547037146038801333356L\n.I1001\n.(dp0\n."
      "(lp0\nI5\na.(lp0\n."s;
  Model model = opened(file);
  EXPECT_EQ(model.form, Form::kTorchSaveLegacy);
  EXPECT_EQ(model.objects.integer(model.objects.items(model.root)[0]), 5);
}

TEST(TorchLegacy, MayBeOfProtocol2WithoutTensors) {
  EXPECT_THAT(opened(legacy(pkl::none(), {}, "")).tensors, SizeIs(0));
}

TEST(BadTorchLegacy, IsOfAnotherVersion) {
  expect_error(ErrorKind::kUnsupported,
               "a torch.save file of another protocol version than 1001",
               [] { opened(legacy(pkl::none(), {}, "", true, 1002)); });
}

TEST(BadTorchLegacy, NamesAStorageThatNoTensorUses) {
  std::string file = legacy(pkl::none(), {pkl::text("9")}, "");
  expect_error(ErrorKind::kMalformed,
               fmt::format("{:#010x}: storage '9' has no type: no tensor uses "
                           "it",
                           file.size()),
               file.size(), [&] { opened(file); });
}

TEST(BadTorchLegacy, HasAStorageThatExceedsTheFile) {
  std::string file =
      legacy(shorts("0", 3), {pkl::text("0")}, storage_bytes(3, "abcde"));
  expect_error(ErrorKind::kMalformed,
               fmt::format("{:#010x}: storage '0': 3 elements of int16 exceed "
                           "the file, 5 bytes remain",
                           file.size() - 5),
               file.size() - 5, [&] { opened(file); });
}

TEST(BadTorchLegacy, HasAStorageOfAnImpossibleCount) {
  EXPECT_THROW(opened(legacy(shorts("0", 3), {pkl::text("0")},
                             storage_bytes(UINT64_MAX, "abcdef"))),
               Error);
}

TEST(BadTorchLegacy, HasAStorageOfFewerElementsThanItsTensor) {
  expect_error(ErrorKind::kMalformed,
               "tensor '': storage '0' of 3 elements: the file has 2", [] {
                 opened(legacy(shorts("0", 3), {pkl::text("0")},
                               storage_bytes(2, "abcd")));
               });
}

TEST(BadTorchLegacy, LacksAStorage) {
  expect_error(ErrorKind::kMalformed,
               "tensor '': storage '0' of 3 elements: the file has none of "
               "that name",
               [] { opened(legacy(shorts("0", 3), {}, "")); });
}

TEST(BadTorchLegacy, HasAViewBehindItsStorage) {
  expect_error(ErrorKind::kMalformed,
               "tensor '': shape [3], strides [1] and offset 4 reach 7 "
               "elements of int16, but its storage has 12 bytes",
               [] {
                 opened(legacy(view("0", 6, 4, 3), {pkl::text("0")},
                               storage_bytes(6, "abcdefghijkl")));
               });
}

TEST(BadTorchLegacy, HasAnOffsetThatOverflows) {
  EXPECT_THROW(
      opened(legacy(pkl::tensor(view("0", 6, INT64_MAX, 3), 5, {1}, {1}),
                    {pkl::text("0")}, storage_bytes(6, "abcdefghijkl"))),
      Error);
}

TEST(BadTorchLegacy, CutAnywhereIsAnError) {
  std::string file =
      legacy(shorts("0", 2), {pkl::text("0")}, storage_bytes(2, "abcd"));
  for (size_t n = 0; n < file.size(); ++n) {
    // The magic number alone is a pickle of an integer.
    if (n == kMagic.size()) continue;
    EXPECT_THROW(opened(file.substr(0, n)), Error) << n;
  }
}

}  // namespace
}  // namespace tsinspect
