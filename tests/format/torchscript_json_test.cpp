#include <fmt/format.h>
#include <gmock/gmock.h>

#include "support/expect_error.h"
#include "support/torch_file.h"
#include "support/zip_builder.h"

namespace tsinspect {
namespace {

using pkl::Code;
using testing::ElementsAre;
using testing::IsEmpty;

// A row of the table of tensors.
std::string row(const char* type, const char* dims, const char* strides,
                const char* key, const char* more = "") {
  return fmt::format(
      R"({{"dims":[{}],"strides":[{}],"offset":"0","dataType":"{}",)"
      R"("device":"cpu","data":{{"key":"tensors/{}"}}{}}})",
      dims, strides, type, key, more);
}

std::string model_json(const std::string& module, const std::string& rows) {
  return fmt::format(
      R"({{"protoVersion":"2","producerName":"pytorch",)"
      R"("producerVersion":"1.1.0","mainModule":{},"tensors":[{}]}})",
      module, rows);
}

Model read(const std::string& json, const Code& attributes = "") {
  std::vector<ZipRecord> records = {{"net/version", "1\n"},
                                    {"net/tensors/0", "abcdefgh"},
                                    {"net/tensors/1", "ijkl"},
                                    {"net/model.json", json}};
  if (!attributes.empty()) {
    records.push_back({"net/attributes.pkl", pkl::pickle(attributes)});
  }
  return opened(build_zip(records));
}

const std::string kRows =
    row("FLOAT", R"("2")", R"("1")", "0", R"(,"requiresGrad":true)") + "," +
    row("INT32", "", "", "1") + "," + row("FLOAT16", R"("2")", R"("1")", "1");

TEST(TorchScriptJson, ReadsTheModuleTree) {
  Model model = read(model_json(
      R"({"name":"Net","parameters":[{"name":"b","tensorId":"1","isBuffer":true},)"
      R"({"name":"w","tensorId":"0"}],"submodules":[{"name":"0",)"
      R"("submodules":[{"name":"fc","parameters":[{"name":"w",)"
      R"("tensorId":"0"}]}]}]})",
      kRows));
  EXPECT_EQ(model.form, Form::kTorchScript);
  EXPECT_EQ(model.producer.torch_version, "1.1.0 or later");
  EXPECT_EQ(model.producer.file_version, "1");
  EXPECT_THAT(module_lines(model), ElementsAre(": ", "0: ", "0.fc: "));
  EXPECT_EQ(model.modules[2].parent, 1u);
  EXPECT_THAT(tensor_lines(model),
              ElementsAre("w parameter float32 [2] [1]+0 @0 grad",
                          "0.fc.w parameter float32 [2] [1]+0 @0 grad",
                          "b buffer int32 [] []+0 @1",
                          "CONSTANTS.c2 constant float16 [2] [1]+0 @1"));
  EXPECT_EQ(value_bytes(model, 0), "abcdefgh");
  EXPECT_EQ(model.storages[0].tensors, 2u);
}

TEST(TorchScriptJson, AttributesThatAreTensorsAreBuffers) {
  Code attributes = pkl::list(
      {pkl::integer(5),
       pkl::call(pkl::global("torch.jit._pickle.build_tensor_from_id"),
                 {pkl::integer(2)})});
  Model model = read(model_json(R"({"attributes":[{"name":"n","id":"0"},)"
                                R"({"name":"t","id":"1"},)"
                                R"({"name":"far","id":"9"}]})",
                                kRows),
                     attributes);
  EXPECT_EQ(tensor_lines(model)[0], "t buffer float16 [2] [1]+0 @1");
}

TEST(TorchScriptJson, MayHoldNothing) {
  Model model = read(model_json("{}", ""));
  EXPECT_THAT(model.tensors, IsEmpty());
  EXPECT_THAT(module_lines(model), ElementsAre(": "));
}

struct Bad {
  std::string json;
  const char* what;
};

TEST(BadTorchScriptJson, IsRefused) {
  const Bad all[] = {
      {R"({"tensors":[]})", "record 'model.json': there is no main module"},
      {model_json("{}", row("COMPLEX", "", "", "0")),
       "record 'model.json': data type 'COMPLEX'"},
      {model_json("{}", "7"), "record 'model.json': data type ''"},
      {model_json("{}", row("FLOAT", R"("x")", "", "0")),
       "record 'model.json': 'x' is no number"},
      {model_json("{}", row("FLOAT", "2", R"("1")", "0")),
       "record 'model.json': '' is no number"},
      {model_json("{}", row("FLOAT", "", "", "9")),
       "storage 'tensors/9': there is no record 'net/tensors/9'"},
      {model_json(R"({"parameters":[{"tensorId":"0"}]})", kRows),
       "record 'model.json': something has no name"},
      {model_json(R"({"parameters":[{"name":"w","tensorId":"3"}]})", kRows),
       "record 'model.json': no tensor 3"},
      {model_json(R"({"parameters":[{"name":"w","tensorId":"-1"}]})", kRows),
       "record 'model.json': no tensor 18446744073709551615"},
      {model_json(R"({"parameters":[{"name":"w","tensorId":"0x"}]})", kRows),
       "record 'model.json': '0x' is no number"},
      {model_json(R"({"parameters":[{"name":"w"}]})",
                  row("FLOAT", R"("3")", R"("1")", "0")),
       "tensor 'w': shape [3], strides [1] and offset 0 reach 3 elements of "
       "float32, but its storage has 8 bytes"},
      {model_json(R"({"parameters":[{"name":"w"}]})",
                  row("FLOAT", R"("2")", "", "0")),
       "tensor 'w': shape [2] with impossible strides [] or offset 0"},
  };
  for (const Bad& bad : all) {
    expect_error(ErrorKind::kMalformed, bad.what, [&] { read(bad.json); });
  }
}

TEST(BadTorchScriptJson, IsNoJson) {
  EXPECT_THROW(read("{"), Error);
  EXPECT_THROW(read(""), Error);
}

TEST(HostileTorchScriptJson, ADeviceMayBeMeta) {
  std::string row =
      R"({"dims":[],"dataType":"FLOAT","device":"meta","data":{"key":"9"}})";
  Model model = read(model_json("{}", row));
  EXPECT_THAT(tensor_lines(model),
              ElementsAre("CONSTANTS.c0 constant float32 [] []+0 @none"));
}

TEST(HostileTorchScriptJson, DimensionsAreBounded) {
  std::string ones = R"("1")";
  for (int i = 0; i < 64; ++i) ones += R"(,"1")";
  expect_error(
      ErrorKind::kLimit, "record 'model.json': dims of 65 dimensions",
      [&] { read(model_json("{}", row("FLOAT", ones.c_str(), "", "0"))); });
}

TEST(HostileTorchScriptJson, LongNamesOfManyTensorsHitALimit) {
  std::string parameters = R"({"name":"w"})";
  for (int i = 0; i < 10'000; ++i) parameters += R"(,{"name":"w"})";
  std::string module =
      fmt::format(R"({{"submodules":[{{"name":"{}","parameters":[{}]}}]}})",
                  std::string(10'000, 'n'), parameters);
  try {
    read(model_json(module, kRows));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kLimit);
  }
}

TEST(HostileTorchScriptJson, AnyKindOfValueMayBeAnywhere) {
  for (const char* value : {"null", "7", R"("x")", "[]", "[7]", "{}"}) {
    std::string module = fmt::format(
        R"({{"name":"n","parameters":{0},"attributes":{0},"submodules":{0}}})",
        value);
    try {
      read(model_json(module, ""));
      read(model_json(value, ""));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
    }
  }
}

}  // namespace
}  // namespace tsinspect
