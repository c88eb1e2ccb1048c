#include <gmock/gmock.h>

#include "format/temp_folder.h"
#include "support/expect_error.h"
#include "support/torch_file.h"
#include "support/zip_builder.h"

namespace tsinspect {
namespace {

using pkl::Code;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const NamedBytes kStorages = {{"0", "abcdefgh"}};

Code state_dict() {
  return pkl::build(
      pkl::ordered_dict({{pkl::text("w"), pkl::float_vector("0", 2)}}),
      pkl::dict({{pkl::text("_metadata"), pkl::dict({})}}));
}

TEST(TorchZip, ReadsAStateDict) {
  Model model = opened(torch_zip(state_dict(), kStorages));
  EXPECT_EQ(model.form, Form::kTorchSaveZip);
  EXPECT_EQ(model.producer.file_version, "3");
  EXPECT_EQ(model.producer.torch_version, "1.6 or later");
  EXPECT_THAT(tensor_lines(model),
              ElementsAre("w tensor float32 [2] [1]+0 @0"));
  EXPECT_EQ(value_bytes(model, 0), "abcdefgh");
  EXPECT_EQ(model.storages[0].key, "0");
  EXPECT_THAT(model.findings, IsEmpty());
  EXPECT_THAT(model.modules, IsEmpty());
  EXPECT_THAT(model.imports, SizeIs(3));
  EXPECT_EQ(model.imports[0].record, 0u);
}

TEST(TorchZip, TellsWhichTorchWroteIt) {
  auto version = [](const std::string& record) {
    Model model = opened(build_zip(
        {{"a/data.pkl", pkl::pickle(pkl::none())}, {"a/" + record, "64"}}));
    return model.producer.torch_version;
  };
  EXPECT_EQ(version("version"), "1.6 or later");
  EXPECT_EQ(version("byteorder"), "2.1 or later");
  EXPECT_EQ(version(".data/serialization_id"), "2.1 or later");
  EXPECT_EQ(version(".storage_alignment"), "2.6 or later");
}

TEST(TorchZip, ReadsBigEndianStorages) {
  Model model = opened(build_zip({{"a/data.pkl", pkl::pickle(state_dict())},
                                  {"a/byteorder", "big"},
                                  {"a/data/0", "abcdefgh"}}));
  EXPECT_EQ(value_bytes(model, 0), "dcbahgfe");
}

TEST(TorchZip, ReadsWhatAnotherToolZippedAgain) {
  std::string file = build_zip({{"x/", ""},
                                {"x/data/", ""},
                                {"x/data/0", "abcdefgh", 8},
                                {"x/data.pkl", pkl::pickle(state_dict()), 8}});
  EXPECT_EQ(value_bytes(opened(file), 0), "abcdefgh");
}

TEST(TorchZip, CountsTensorsThatShareAStorage) {
  Model model = opened(torch_zip(
      pkl::list(
          {pkl::float_vector("0", 2), pkl::float_vector("0", 2),
           pkl::tensor(pkl::storage("FloatStorage", "0", 2), 1, {1}, {1})}),
      kStorages));
  ASSERT_THAT(model.storages, SizeIs(1));
  EXPECT_EQ(model.storages[0].tensors, 3u);
  EXPECT_EQ(value_bytes(model, 2), "efgh");
}

TEST(TorchZip, TensorsOnMetaHaveNoStorage) {
  Model model = opened(torch_zip(pkl::tensor(
      pkl::storage("FloatStorage", "0", 6, "meta"), 0, {2, 3}, {3, 1})));
  EXPECT_THAT(tensor_lines(model),
              ElementsAre(" tensor float32 [2,3] [3,1]+0 @none"));
  EXPECT_THAT(model.storages, IsEmpty());
}

TEST(TorchZip, MayHoldNoTensors) {
  Model model = opened(torch_zip(pkl::integer(5)));
  EXPECT_EQ(model.objects.integer(model.root), 5);
  EXPECT_THAT(model.tensors, IsEmpty());
}

TEST(BadTorchZip, LacksAStorage) {
  expect_error(ErrorKind::kMalformed,
               "tensor 'w': storage '0': there is no record 'archive/data/0'",
               [] { opened(torch_zip(state_dict())); });
}

TEST(BadTorchZip, HasAStorageOfFewerBytes) {
  std::string file = torch_zip(state_dict(), {{"0", "abcdefg"}});
  uint64_t offset = file.find("PK\3\4", 4);
  TempFolder folder;
  std::string path = folder.add("m", file);
  try {
    open_model(path);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
    EXPECT_EQ(std::string(error.what()).substr(0, 13), "tensor 'w': 0");
    EXPECT_NE(offset, std::string::npos);
  }
}

TEST(BadTorchZip, HasAPickleThatIsCutOff) {
  expect_error(ErrorKind::kMalformed,
               "record 'a/data.pkl': 0x00000003: unable to read opcode: need 1 "
               "byte, 0 remain",
               [] {
                 opened(build_zip({{"a/data.pkl", "\x80\2]"}}));
               });
}

TEST(BadTorchZip, CutAnywhereIsAnError) {
  std::string file = torch_zip(state_dict(), kStorages);
  TempFolder folder;
  for (size_t n = 0; n < file.size(); ++n) {
    std::string path = folder.add("m", std::string_view(file).substr(0, n));
    EXPECT_THROW(open_model(path), Error) << n;
  }
}

}  // namespace
}  // namespace tsinspect
