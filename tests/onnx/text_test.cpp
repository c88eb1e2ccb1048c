#include "onnx/text.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdio>

#include "onnx/builder.h"
#include "support/expect_error.h"

namespace tsinspect::onnx {
namespace {

std::string bytes_of(std::string_view text) { return model_of_text(text, {}); }

TEST(OnnxText, TakesFieldsOfEveryKind) {
  EXPECT_EQ(bytes_of("ir_version: 8\n"
                     "producer_name: 'it'\n"
                     "graph { name: \"g\" }"),
            ProtoBuilder()
                .varint(model_proto::kIrVersion, 8)
                .bytes(model_proto::kProducerName, "it")
                .message(model_proto::kGraph,
                         ProtoBuilder().bytes(graph_proto::kName, "g"))
                .text());
}

// What an initializer's text stands for.
std::string tensor(std::string_view text) {
  return bytes_of("graph { initializer {" + std::string(text) + "} }");
}

std::string tensor(const ProtoBuilder& tensor) {
  return ProtoBuilder()
      .message(model_proto::kGraph,
               ProtoBuilder().message(graph_proto::kInitializer, tensor))
      .text();
}

TEST(OnnxText, TakesNumbersAsTheyAreWritten) {
  EXPECT_EQ(tensor("dims: 12 dims: 0x1F, dims: 017; dims: -1"),
            tensor(ProtoBuilder()
                       .varint(tensor_proto::kDims, 12)
                       .varint(tensor_proto::kDims, 31)
                       .varint(tensor_proto::kDims, 15)
                       .varint(tensor_proto::kDims, UINT64_MAX)));
  EXPECT_EQ(tensor("float_data: 1.5 float_data: -2f float_data: 1e2 "
                   "float_data: inf float_data: -inf"),
            tensor(ProtoBuilder()
                       .fixed32(tensor_proto::kFloatData, 1.5f)
                       .fixed32(tensor_proto::kFloatData, -2.0f)
                       .fixed32(tensor_proto::kFloatData, 100.0f)
                       .fixed32(tensor_proto::kFloatData, INFINITY)
                       .fixed32(tensor_proto::kFloatData, -INFINITY)));
}

TEST(OnnxText, TakesListsAndEnums) {
  EXPECT_EQ(tensor("dims: [1, 2,3] dims: [] data_location: EXTERNAL"),
            tensor(ProtoBuilder()
                       .varint(tensor_proto::kDims, 1)
                       .varint(tensor_proto::kDims, 2)
                       .varint(tensor_proto::kDims, 3)
                       .varint(tensor_proto::kDataLocation, 1)));
  EXPECT_EQ(tensor("external_data: [{key: 'a'}, <value: 'b'>]"),
            tensor(ProtoBuilder()
                       .message(tensor_proto::kExternalData,
                                ProtoBuilder().bytes(1, "a"))
                       .message(tensor_proto::kExternalData,
                                ProtoBuilder().bytes(2, "b"))));
}

TEST(OnnxText, UnescapesAndJoinsTexts) {
  using namespace std::string_view_literals;
  EXPECT_EQ(tensor(R"(raw_data: "\000\17\x4a\xF\n\"'" ' "\'' "z")"),
            tensor(ProtoBuilder().bytes(tensor_proto::kRawData,
                                        "\0\17J\xf\n\"' \"'z"sv)));
}

TEST(OnnxText, SkipsCommentsAndFieldsItDoesNotKnow) {
  EXPECT_EQ(bytes_of("# first\nir_version: 7 # last\n"
                     "unknown: 1.5 more: 'text' yet { deep < x: [1, A] > }\n"
                     "other: [{}, {}] model_version: 2"),
            ProtoBuilder()
                .varint(model_proto::kIrVersion, 7)
                .varint(model_proto::kModelVersion, 2)
                .text());
}

TEST(OnnxText, IsToldByItsFirstField) {
  EXPECT_TRUE(looks_like_text("ir_version: 7"));
  EXPECT_TRUE(
      looks_like_text("\xef\xbb\xbf# proto-file: x\n\n  ir_version : 7"));
  EXPECT_TRUE(looks_like_text("opset_import {"));
  EXPECT_TRUE(looks_like_text("producer_name: 'x'"));
  EXPECT_FALSE(looks_like_text(""));
  EXPECT_FALSE(looks_like_text("ir_version"));
  EXPECT_FALSE(looks_like_text("ir_versions: 7"));
  EXPECT_FALSE(looks_like_text("graph { a -- b }"));
  EXPECT_FALSE(looks_like_text("# ir_version: 7"));
}

struct BadText {
  const char* name;
  const char* text;
  uint64_t offset;
  const char* problem;
};

class BadOnnxText : public ::testing::TestWithParam<BadText> {};

TEST_P(BadOnnxText, IsRefusedWithItsPlace) {
  const BadText& bad = GetParam();
  char offset[16];
  snprintf(offset, sizeof offset,
           "0x%08x: ", static_cast<unsigned>(bad.offset));
  expect_error(ErrorKind::kMalformed,
               std::string(offset) + "ONNX as text: " + bad.problem, bad.offset,
               [&] { bytes_of(bad.text); });
}

INSTANTIATE_TEST_SUITE_P(
    All, BadOnnxText,
    ::testing::Values(
        BadText{"NoName", "ir_version: 7 =", 14,
                "unable to read a field's name"},
        BadText{"Extension", "[a.b]: 1", 0, "unable to read a field's name"},
        BadText{"NoValue", "ir_version:", 11,
                "'' of 'ir_version' is no number"},
        BadText{"NoColon", "ir_version 7", 11,
                "unable to read 'ir_version': it is no message"},
        BadText{"Word", "ir_version: seven", 17,
                "'seven' of 'ir_version' is no number"},
        BadText{"TooLarge", "ir_version: 99999999999999999999", 32,
                "'99999999999999999999' of 'ir_version' is no number"},
        BadText{"BadOctal", "ir_version: 09", 14,
                "'09' of 'ir_version' is no number"},
        BadText{"NoQuote", "producer_name: x", 15,
                "unable to read a text: no quote"},
        BadText{"OpenText", "producer_name: 'x", 17, "it is cut off in a text"},
        BadText{"LineEnd", "producer_name: 'x\n'", 18,
                "a text has no end quote in its line"},
        BadText{"Escape", "producer_name: '\\q'", 18,
                "a text has an escape '\\q' that does not exist"},
        BadText{"NoByte", "producer_name: '\\777'", 18,
                "a text has an escape that is no byte"},
        BadText{"NoHex", "producer_name: '\\xg'", 18,
                "a text has an escape that is no byte"},
        BadText{"CutEscape", "producer_name: '\\", 17,
                "it is cut off in a text"},
        BadText{"OpenMessage", "graph {", 7, "unable to read a field's name"},
        BadText{"WrongEnd", "graph { >", 8, "unable to read a field's name"},
        BadText{"OpenList", "ir_version: [1 2", 15,
                "unable to read 'ir_version': no ']'"},
        BadText{"NumberForMessage", "graph: 1", 7,
                "unable to read 'graph': it is a message"},
        BadText{"MessageForNumber", "ir_version { }", 11,
                "unable to read 'ir_version': it is no message"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(OnnxText, CutOffAnywhereIsReadOrRefused) {
  std::string text =
      "ir_version: 8\ngraph { name: \"a\\nb\" initializer { dims: [1, 2] "
      "data_type: 3 raw_data: '\\001\\x02' } node < input: 'x' attribute { "
      "type: FLOAT f: -1.5e3 } > }";
  bytes_of(text);
  for (size_t size = 0; size < text.size(); ++size) {
    try {
      bytes_of(std::string_view(text).substr(0, size));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
    }
  }
}

TEST(OnnxText, NestsOnlySoDeep) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "unknown {";
  try {
    bytes_of(text);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kLimit);
  }
}

}  // namespace
}  // namespace tsinspect::onnx
