#include <gmock/gmock.h>

#include "format/bytes.h"
#include "format/format.h"
#include "format/temp_folder.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> names(const Model& model) {
  std::vector<std::string> result;
  for (const Tensor& tensor : model.tensors) result.push_back(tensor.name);
  return result;
}

std::vector<std::string> rules(const Model& model) {
  std::vector<std::string> result;
  for (const Finding& finding : model.findings) result.push_back(finding.rule);
  return result;
}

constexpr const char* kIndex =
    R"({"metadata": {"total_size": 8},
        "weight_map": {"b": "2.safetensors", "a": "1.safetensors"}})";

TEST(Shards, AreReadAsOneModel) {
  TempFolder folder;
  folder.add("1.safetensors", safetensors_with("a"));
  folder.add("2.safetensors", safetensors_with("b"));
  std::string index = folder.add("model.safetensors.index.json", kIndex);
  for (const std::string& path : {index, folder.path()}) {
    Model model = open_model(path);
    EXPECT_EQ(model.form, Form::kSafetensors);
    EXPECT_THAT(names(model), ElementsAre("b", "a"));
    EXPECT_THAT(model.findings, IsEmpty());
    EXPECT_THAT(model.files, SizeIs(3));
    for (const Tensor& tensor : model.tensors) {
      EXPECT_EQ(sha256(model, tensor),
                "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f03"
                "1589");
      EXPECT_EQ(model.objects.bytes(model.paths[tensor.path].key), tensor.name);
      EXPECT_EQ(model.storages[tensor.storage].key, tensor.name);
    }
    EXPECT_EQ(
        model.objects.integer(model.objects.find(model.root, "total_size")), 8);
  }
}

TEST(Shards, NamesWithEscapesSurviveTheirShard) {
  TempFolder folder;
  folder.add("1.safetensors", safetensors_with("long\\u0020name"));
  Model model = open_model(
      folder.add("i", R"({"weight_map":{"long name":"1.safetensors"}})"));
  EXPECT_THAT(model.findings, IsEmpty());
  EXPECT_EQ(model.records[0].name, "long name");
  EXPECT_EQ(model.objects.bytes(model.paths[0].key), "long name");
}

TEST(Shards, AMissingOneIsAFinding) {
  TempFolder folder;
  folder.add("1.safetensors", safetensors_with("a"));
  Model model = open_model(folder.add("i", kIndex));
  EXPECT_THAT(names(model), ElementsAre("a"));
  ASSERT_THAT(rules(model), ElementsAre("missing-shard"));
  EXPECT_EQ(model.findings[0].where, "2.safetensors");
  EXPECT_EQ(model.findings[0].severity, Severity::kError);
}

TEST(Shards, AllMissingIsAModelWithoutTensors) {
  TempFolder folder;
  Model model = open_model(folder.add("i", kIndex));
  EXPECT_EQ(model.form, Form::kSafetensors);
  EXPECT_THAT(model.tensors, IsEmpty());
  EXPECT_THAT(rules(model), ElementsAre("missing-shard", "missing-shard"));
}

TEST(Shards, TensorsThatContradictTheIndexAreFindings) {
  TempFolder folder;
  folder.add("1.safetensors", safetensors_with("a"));
  folder.add("2.safetensors", safetensors_with("a"));
  folder.add("3.safetensors", safetensors_with("x"));
  Model model = open_model(
      folder.add("i", R"({"weight_map":{"a":"2.safetensors","b":"1.safetensors",
                             "c":"3.safetensors"}})"));
  EXPECT_THAT(rules(model), ElementsAre("repeated-tensor", "unlisted-tensor",
                                        "absent-tensor", "absent-tensor"));
  EXPECT_THAT(names(model), ElementsAre("a", "a", "x"));
}

TEST(Shards, ATensorInTheWrongOneIsAFinding) {
  TempFolder folder;
  folder.add("1.safetensors", safetensors_with("a"));
  folder.add("2.safetensors", safetensors_with("b"));
  Model model = open_model(folder.add(
      "i", R"({"weight_map":{"a":"2.safetensors","b":"1.safetensors"}})"));
  EXPECT_THAT(rules(model), ElementsAre("wrong-shard", "wrong-shard"));
}

TEST(Shards, FindingsOfOneRuleAreBounded) {
  std::string index = R"({"weight_map":{)";
  for (int i = 0; i < 1000; ++i) {
    index += "\"" + std::to_string(i) + "\":\"" + std::to_string(i) + "\",";
  }
  index.back() = '}';
  TempFolder folder;
  Model model = open_model(folder.add("i", index + "}"));
  ASSERT_THAT(model.findings, SizeIs(101));
  EXPECT_EQ(model.findings.back().message, "and 900 more");
}

TEST(Shards, ADamagedOneStopsTheReadButKeepsTheRest) {
  TempFolder folder;
  folder.add("1.safetensors", safetensors_with("a"));
  folder.add("2.safetensors", "damaged");
  Model model = open_partial(folder.add("i", kIndex));
  EXPECT_THAT(names(model), ElementsAre("a"));
  ASSERT_TRUE(model.stopped.has_value());
  EXPECT_THAT(model.stopped->what(), HasSubstr("'2.safetensors': "));
}

TEST(Shards, AnIndexThatNamesItselfEnds) {
  TempFolder folder;
  Model model =
      open_partial(folder.add("i", R"({"weight_map":{"a":"i","b":"i"}})"));
  ASSERT_TRUE(model.stopped.has_value());
  EXPECT_THAT(model.stopped->what(), HasSubstr("itself an index"));
}

class BadShardName : public ::testing::TestWithParam<const char*> {};

TEST_P(BadShardName, IsRefused) {
  TempFolder folder;
  try {
    open_model(folder.add(
        "i", std::string(R"({"weight_map":{"a":")") + GetParam() + "\"}}"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
    EXPECT_THAT(error.what(), HasSubstr("not a file beside it"));
  }
}

INSTANTIATE_TEST_SUITE_P(, BadShardName,
                         ::testing::Values("", "/etc/passwd", "..", "../x",
                                           "a/../../x", "a/..", "x\\u0000y"));

class BadIndex : public ::testing::TestWithParam<const char*> {};

TEST_P(BadIndex, IsMalformed) {
  TempFolder folder;
  try {
    open_model(folder.add("i", GetParam()));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
  }
}

INSTANTIATE_TEST_SUITE_P(
    , BadIndex,
    ::testing::Values(R"({"weight_map")", R"({"weight_map":)",
                      R"({"weight_map":[]})", R"({"weight_map":5})",
                      R"({"weight_map":null})", R"({"weight_map":{"a":1}})",
                      R"({"weight_map":{"a":["x"]}})",
                      R"({"weight_map":{"a":{}}})",
                      R"({"other":{"weight_map":{}}})",
                      R"({"weight_map":{}} x)"));

}  // namespace
}  // namespace tsinspect
