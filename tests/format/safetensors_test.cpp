#include <fmt/format.h>
#include <gmock/gmock.h>

#include "format/bytes.h"
#include "format/format.h"
#include "format/temp_folder.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using namespace std::string_literals;
using namespace std::string_view_literals;

Model read(std::string_view header, std::string_view data) {
  TempFolder folder;
  return open_partial(folder.add("m", safetensors_of(header, data)));
}

void open_whole(std::string_view header, std::string_view data) {
  TempFolder folder;
  open_model(folder.add("m", safetensors_of(header, data)));
}

std::string entry(std::string_view name, std::string_view dtype,
                  std::string_view shape, uint64_t begin, uint64_t end) {
  return fmt::format(
      R"("{}":{{"dtype":"{}","shape":{},"data_offsets":[{},{}]}})", name, dtype,
      shape, begin, end);
}

std::vector<std::string> names(const Model& model) {
  std::vector<std::string> result;
  for (const Tensor& tensor : model.tensors) result.push_back(tensor.name);
  return result;
}

TEST(Safetensors, ReadsTensorsInTheOrderOfTheirBytes) {
  Model model = read("{" + entry("b", "F16", "[2]", 4, 8) + "," +
                         entry("a", "I16", "[1,2]", 0, 4) + "}",
                     "abcdefgh");
  EXPECT_EQ(model.form, Form::kSafetensors);
  EXPECT_THAT(names(model), ElementsAre("a", "b"));
  const Tensor& a = model.tensors[0];
  EXPECT_EQ(a.dtype, DType::kInt16);
  EXPECT_EQ(a.role, Role::kTensor);
  EXPECT_FALSE(a.requires_grad.has_value());
  EXPECT_THAT(a.shape, ElementsAre(1, 2));
  EXPECT_THAT(a.strides, ElementsAre(2, 1));
  EXPECT_EQ(model.records[1].name, "b");
  std::string bytes;
  read_values(model, model.tensors[1], [&](auto piece) {
    bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  EXPECT_EQ(bytes, "efgh");
  EXPECT_EQ(model.objects.bytes(model.paths[a.path].key), "a");
  EXPECT_FALSE(model.stopped.has_value());
  EXPECT_THAT(model.findings, SizeIs(0));
}

TEST(Safetensors, KeepsTheMetadata) {
  Model model =
      read(R"({"__metadata__":{"format":"pt","no\u0074e":"x\n"}})", "");
  EXPECT_EQ(model.objects.kind(model.root), ObjectKind::kDict);
  EXPECT_EQ(model.objects.bytes(model.objects.find(model.root, "note")), "x\n");
  EXPECT_EQ(model.producer.metadata, "pt");
  EXPECT_THAT(model.tensors, SizeIs(0));
}

TEST(Safetensors, TakesNoMetadataAndWhiteSpace) {
  EXPECT_THAT(names(read(" \n{} \t", "")), SizeIs(0));
  EXPECT_THAT(names(read(R"({"__metadata__":null})", "")), SizeIs(0));
}

TEST(Safetensors, KeepsNamesWithEscapes) {
  Model model = read("{" + entry("a\\u0000\\ud83d\\ude00", "U8", "[]", 0, 1) +
                         "," + entry("", "U8", "[]", 1, 2) + "}",
                     "ab");
  EXPECT_THAT(names(model), ElementsAre("a\0😀"s, ""));
  EXPECT_EQ(model.records[0].name, "a\0😀"sv);
}

TEST(Safetensors, OrdersEmptyTensorsAsTheHeader) {
  Model model = read("{" + entry("z", "U8", "[0]", 0, 0) + "," +
                         entry("a", "U8", "[3,0]", 0, 0) + "," +
                         entry("m", "U8", "[1]", 0, 1) + "}",
                     "x");
  EXPECT_THAT(names(model), ElementsAre("z", "a", "m"));
}

TEST(Safetensors, ReadsPackedTypesAsTheirBytes) {
  Model model = read("{" + entry("a", "F4", "[2,4]", 0, 4) + "," +
                         entry("b", "F6_E2M3", "[4]", 4, 7) + "}",
                     "abcdefg");
  EXPECT_EQ(model.tensors[0].dtype, DType::kFloat4E2M1FNx2);
  EXPECT_THAT(model.tensors[0].shape, ElementsAre(2, 2));
  EXPECT_EQ(model.tensors[1].dtype, DType::kOpaque);
  EXPECT_EQ(model.tensors[1].details->opaque_type, "F6_E2M3");
  EXPECT_EQ(model.tensors[1].size_bytes(), 3u);
}

TEST(Safetensors, TheLastOfTwoEntriesOfOneNameCounts) {
  Model model = read("{" + entry("a", "F32", "[1]", 0, 4) + "," +
                         entry("b", "U8", "[1]", 4, 5) + "," +
                         entry("\\u0061", "I32", "[1]", 0, 4) + "}",
                     "abcde");
  EXPECT_THAT(names(model), ElementsAre("a", "b"));
  EXPECT_EQ(model.tensors[0].dtype, DType::kInt32);
  ASSERT_THAT(model.findings, SizeIs(1));
  EXPECT_EQ(model.findings[0].rule, "duplicate-name");
}

TEST(Safetensors, IgnoresUnknownFields) {
  EXPECT_THAT(
      names(read(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],)"
                 R"("note":{"shape":[[7]],"x":null,"y":["z",1.5]}}})",
                 "x")),
      ElementsAre("a"));
}

TEST(Safetensors, AFileCutOffKeepsItsTensors) {
  Model model = read("{" + entry("a", "U8", "[4]", 0, 4) + "}", "abc");
  EXPECT_THAT(names(model), ElementsAre("a"));
  ASSERT_TRUE(model.stopped.has_value());
  EXPECT_EQ(model.stopped->kind(), ErrorKind::kMalformed);
  EXPECT_THAT(model.stopped->what(), HasSubstr("the file is cut off"));
}

TEST(Safetensors, BytesOfNoTensorStopTheRead) {
  Model model = read("{" + entry("a", "U8", "[4]", 0, 4) + "}", "abcde");
  ASSERT_TRUE(model.stopped.has_value());
  EXPECT_THAT(model.stopped->what(), HasSubstr("belongs to no tensor"));
}

struct BadHeader {
  const char* name;
  std::string header;
  const char* message;
};

class BadSafetensors : public ::testing::TestWithParam<BadHeader> {};

TEST_P(BadSafetensors, IsRefused) {
  try {
    open_whole(GetParam().header, "abcdefgh");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.kind(), ErrorKind::kIo);
    EXPECT_THAT(error.what(), HasSubstr(GetParam().message));
  }
}

std::string with(std::string_view fields) {
  return fmt::format(R"({{"a":{{{}}}}})", fields);
}

INSTANTIATE_TEST_SUITE_P(
    , BadSafetensors,
    ::testing::Values(
        BadHeader{"NotJson", "{", "not valid JSON"},
        BadHeader{"MoreText", "{} x", "more text"},
        BadHeader{"NotUtf8", "{\"\xff\":{}}", "not UTF-8"},
        BadHeader{"EntryIsNumber", R"({"a":1})", "not an object"},
        BadHeader{"EntryIsNull", R"({"a":null})", "not an object"},
        BadHeader{"EntryIsArray", R"({"a":[]})", "not an object"},
        BadHeader{"NoFields", R"({"a":{}})", "is missing"},
        BadHeader{"NoDtype", with(R"("shape":[8],"data_offsets":[0,8])"),
                  "is missing"},
        BadHeader{"NoShape", with(R"("dtype":"U8","data_offsets":[0,8])"),
                  "is missing"},
        BadHeader{"NoOffsets", with(R"("dtype":"U8","shape":[8])"),
                  "is missing"},
        BadHeader{"TwoDtypes",
                  with(R"("dtype":"U8","dtype":"U8","shape":[8],)"
                       R"("data_offsets":[0,8])"),
                  "occurs twice"},
        BadHeader{"UnknownDtype", "{" + entry("a", "C128", "[8]", 0, 8) + "}",
                  "unknown dtype 'C128'"},
        BadHeader{"DtypeIsNumber",
                  with(R"("dtype":8,"shape":[8],"data_offsets":[0,8])"),
                  "wrong type"},
        BadHeader{"ShapeIsNumber", "{" + entry("a", "U8", "8", 0, 8) + "}",
                  "wrong type"},
        BadHeader{"ShapeIsNested", "{" + entry("a", "U8", "[[8]]", 0, 8) + "}",
                  "wrong type"},
        BadHeader{"ShapeIsText", "{" + entry("a", "U8", "[\"8\"]", 0, 8) + "}",
                  "wrong type"},
        BadHeader{"NegativeDimension",
                  "{" + entry("a", "U8", "[-8]", 0, 8) + "}", "negative"},
        BadHeader{"FloatDimension", "{" + entry("a", "U8", "[8.0]", 0, 8) + "}",
                  "not a whole number"},
        BadHeader{
            "HugeDimension",
            "{" + entry("a", "U8", "[2,18446744073709551614]", 0, 8) + "}",
            "overflows"},
        BadHeader{"ProductOverflows",
                  "{" + entry("a", "U8", "[4294967296,4294967296]", 0, 8) + "}",
                  "overflows"},
        BadHeader{"BytesOverflow",
                  "{" + entry("a", "F64", "[4611686018427387904]", 0, 8) + "}",
                  "overflows"},
        BadHeader{"OneOffset",
                  with(R"("dtype":"U8","shape":[8],"data_offsets":[0])"),
                  "not two"},
        BadHeader{"ThreeOffsets",
                  with(R"("dtype":"U8","shape":[8],"data_offsets":[0,8,8])"),
                  "more than two"},
        BadHeader{"NegativeOffset",
                  with(R"("dtype":"U8","shape":[8],"data_offsets":[-1,7])"),
                  "negative"},
        BadHeader{"OffsetsBackwards", "{" + entry("a", "U8", "[8]", 8, 0) + "}",
                  "data_offsets [8, 0]"},
        BadHeader{"Gap", "{" + entry("a", "U8", "[4]", 4, 8) + "}",
                  "next bytes begin at 0"},
        BadHeader{"Overlap",
                  "{" + entry("a", "U8", "[4]", 0, 4) + "," +
                      entry("b", "U8", "[5]", 3, 8) + "}",
                  "next bytes begin at 4"},
        BadHeader{"TooFewBytes", "{" + entry("a", "F32", "[3]", 0, 8) + "}",
                  "need 12 bytes, but data_offsets span 8"},
        BadHeader{"InsideAByte", "{" + entry("a", "F4", "[3]", 0, 2) + "}",
                  "end inside a byte"},
        BadHeader{"MetadataOfNumbers", R"({"__metadata__":{"a":1}})",
                  "not an object of strings"},
        BadHeader{"MetadataIsList", R"({"__metadata__":[]})",
                  "not an object of strings"},
        BadHeader{"MetadataIsText", R"({"__metadata__":"x"})",
                  "not an object of strings"},
        BadHeader{"MetadataNested", R"({"__metadata__":{"a":{}}})",
                  "not an object of strings"},
        BadHeader{"MetadataTwice", R"({"__metadata__":{},"__metadata__":{}})",
                  "occurs twice"}),
    [](const auto& test) { return test.param.name; });

TEST(Safetensors, RefusesAHeaderLongerThanTheFile) {
  TempFolder folder;
  std::string file = safetensors_of("{}", "");
  file[0] = 100;
  EXPECT_THROW(open_model(folder.add("m", file)), Error);
}

TEST(Safetensors, RefusesAHeaderBeyondTheLimit) {
  TempFolder folder;
  std::string path = folder.add("m", little_endian(100'000'001, 8) + "{}");
  try {
    open_model(path);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kLimit);
  }
}

TEST(Safetensors, RefusesAShapeOfAMillionDimensions) {
  std::string shape = "[1";
  for (int i = 0; i < 1'000'000; ++i) shape += ",1";
  try {
    read("{" + entry("a", "U8", shape + "]", 0, 1) + "}", "x");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kLimit);
  }
}

TEST(Safetensors, CutAnywhereGivesAResultOrAnError) {
  TempFolder folder;
  std::string file =
      safetensors_of("{" + entry("a", "F32", "[2]", 0, 8) + "}", "abcdefgh");
  for (size_t n = 0; n < file.size(); ++n) {
    std::string path = folder.add("m", file.substr(0, n));
    try {
      open_model(path);
      ADD_FAILURE() << n;
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace tsinspect
