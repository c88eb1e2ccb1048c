#include "export/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "analysis/compare_runs.h"
#include "analysis/diff_models.h"
#include "tsinspect/export.h"
#include "tsinspect/tensor_view.h"

namespace tsinspect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Golden : public ::testing::TestWithParam<const char*> {
 protected:
  Golden() {
    folder_ = std::filesystem::temp_directory_path() /
              ("golden_test." + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~Golden() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }

  // A record of the tensors that `hand` has.
  RunRecord record() {
    RunRecord result;
    result.model = std::move(hand_.model);
    result.producer = "torch 2.13.0";
    for (uint32_t i = 0; i < result.model.tensors.size(); ++i) {
      std::string name = result.model.tensors[i].name;
      append_value(&result, {.name = name, .path = name}, i);
    }
    return result;
  }

  // `record`, written and read again.
  RunRecord again(const RunRecord& record) {
    std::string file = path(std::string("x") + GetParam());
    write_golden(record, file, true);
    return read_golden(file);
  }

  HandModel hand_;
  std::filesystem::path folder_;
};

TEST_P(Golden, KeepsOrderNamesAndBits) {
  hand_.floats("z", {1.5F, -2.0F});
  hand_.add<uint16_t>("a#2@out.k", DType::kBFloat16, {2}, {0x3f80, 0xc020});
  hand_.add<uint8_t>("f8", DType::kFloat8E4M3FN, {1}, {0x38});
  RunRecord run = record();
  run.values[1].call = 2;
  run.values[1].method = "embed";
  RunRecord read = again(run);
  ASSERT_EQ(read.values.size(), 3u);
  EXPECT_EQ(read.values[1].name, "a#2@out.k");
  EXPECT_EQ(read.values[1].call, 2u);
  EXPECT_EQ(read.values[1].method, "embed");
  EXPECT_EQ(read.producer, "torch 2.13.0");
  RunsDiff diff = compare_runs(run, read);
  EXPECT_EQ(diff.count(Verdict::kEqual), 3u);
  EXPECT_THAT(diff.only_b, ElementsAre());
}

TEST_P(Golden, QuantisedValuesAreTheNumbersTheyStandFor) {
  Tensor& tensor = hand_.add<int8_t>("q", DType::kQInt8, {2}, {3, -5});
  auto details = std::make_shared<TensorDetails>();
  Quantization quantization;
  quantization.scheme = "per_tensor_affine";
  quantization.scale = 0.5;
  quantization.zero_point = 1;
  details->quantization = quantization;
  tensor.details = details;
  RunRecord run = record();
  RunRecord read = again(run);
  EXPECT_THAT(to_doubles(read.model, read.model.tensors[read.values[0].tensor]),
              ElementsAre(1.0, -3.0));
  EXPECT_TRUE(compare_runs(run, read).same());
}

TEST_P(Golden, WhatIsNoTensorIsInTheText) {
  hand_.floats("x", {1});
  RunRecord run = record();
  for (const char* json :
       {"3", "true", "null", R"("a\"b")", "[]", "1.5", "[2,[null]]"}) {
    RunValue value;
    value.name = json;
    value.type = "other";
    value.json = json;
    run.values.push_back(value);
  }
  RunRecord read = again(run);
  for (const RunValue& value : read.values) {
    EXPECT_TRUE(value.is_tensor() || value.json == value.name) << value.json;
  }
}

INSTANTIATE_TEST_SUITE_P(Suffixes, Golden,
                         ::testing::Values(".npz", ".safetensors"));

class BadGolden : public Golden {
 protected:
  // What reading a golden file with this text, and an array x, says.
  std::string error_of(const std::string& text) {
    hand_.model = Model();
    HandModel made;
    made.floats("x", {1});
    made.add<uint8_t>("__meta__", DType::kUInt8,
                      {static_cast<int64_t>(text.size())},
                      std::vector<uint8_t>(text.begin(), text.end()));
    ExportOptions options;
    options.force = true;
    export_tensors(made.model, path("bad.npz"), options);
    try {
      read_golden(path("bad.npz"));
    } catch (const Error& error) {
      return error.what();
    }
    return "read";
  }
};

TEST_F(BadGolden, IsRefused) {
  EXPECT_THAT(error_of("{"), HasSubstr("__meta__"));
  EXPECT_THAT(error_of("[]"), HasSubstr("not an object"));
  EXPECT_THAT(error_of(R"({"format": "tsinspect-golden/2"})"),
              HasSubstr("'tsinspect-golden/2'"));
  std::string head = R"({"format": "tsinspect-golden/1", "values": )";
  EXPECT_THAT(error_of(head + "3}"), HasSubstr("no list of values"));
  EXPECT_THAT(error_of(head + "[7]}"), HasSubstr("not an object"));
  EXPECT_THAT(error_of(head + "[{}]}"), HasSubstr("no name"));
  EXPECT_THAT(error_of(head + R"([{"name": "y", "type": "Tensor"}]})"),
              HasSubstr("no array is named 'y'"));
  EXPECT_THAT(error_of(head + R"([{"name": "x", "type": "Tensor",
                           "dtype": "bfloat16", "stored": "uint16"}]})"),
              HasSubstr("'x' is float32, not the bits of 'bfloat16'"));
  EXPECT_EQ(error_of(head + R"([{"name": "x", "type": "Tensor"}]})"), "read");
}

TEST_F(BadGolden, IsNotAnyNpz) {
  HandModel made;
  made.floats("x", {1});
  export_tensors(made.model, path("any.npz"), {});
  EXPECT_THROW(read_golden(path("any.npz")), Error);
  EXPECT_THROW(write_golden({}, path("x.pt"), true), Error);
}

}  // namespace
}  // namespace tsinspect
