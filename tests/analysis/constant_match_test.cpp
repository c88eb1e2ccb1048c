// Constants of hand-made frozen models, and their originals' names.

#include "analysis/constant_match.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "analysis/diff_models.h"
#include "analysis/frozen_layers.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Floats = std::vector<float>;
using Shape = std::vector<int64_t>;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// An original and what was frozen from it.
struct Pair {
  HandModel original, frozen;
  std::vector<Layer> layers;

  uint32_t constant(Shape shape, const Floats& values) {
    frozen.add("CONSTANTS.c", DType::kFloat32, std::move(shape), values).role =
        Role::kConstant;
    return static_cast<uint32_t>(frozen.model.tensors.size() - 1);
  }
  uint32_t constant(const Floats& values) {
    return constant({static_cast<int64_t>(values.size())}, values);
  }

  std::vector<ConstantMatch> match() const {
    return match_constants(frozen.model, layers, original.model);
  }

  // "name evidence" of each match.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const ConstantMatch& match : match()) {
      names.push_back(match.recovered.name + " " + match.recovered.evidence);
    }
    return names;
  }
};

// Numbers that are not multiples of each other, different for each seed.
Floats numbers(size_t count, int seed) {
  Floats values;
  for (size_t i = 0; i < count; ++i) {
    double x = static_cast<double>(i) * 0.7 + seed * 13.37;
    values.push_back(static_cast<float>(std::sin(x * x) + 1.25));
  }
  return values;
}

TEST(ConstantMatch, EqualContent) {
  Pair pair;
  pair.original.floats("a.weight", {1, 2, 3});
  pair.original.floats("b.weight", {1, 2, 4});
  pair.constant({1, 2, 4});
  auto matches = pair.match();
  ASSERT_THAT(matches, SizeIs(1));
  EXPECT_EQ(matches[0].tensor, 0u);
  EXPECT_EQ(matches[0].original, 1u);
  EXPECT_EQ(matches[0].recovered.name, "b.weight");
  EXPECT_EQ(matches[0].recovered.evidence, "content");
  EXPECT_THAT(matches[0].recovered.also, IsEmpty());
}

TEST(ConstantMatch, DtypeAndShapeMustBeTheSame) {
  Pair pair;
  pair.original.add("a", DType::kInt32, {4}, std::vector<int32_t>{1, 2, 3, 4});
  pair.original.add("b", DType::kFloat32, {2, 2}, Floats{1, 2, 3, 4});
  pair.frozen.add("CONSTANTS.c0", DType::kInt32, {2, 2},
                  std::vector<int32_t>{1, 2, 3, 4});
  pair.frozen.model.tensors[0].role = Role::kConstant;
  EXPECT_THAT(pair.names(), IsEmpty());
}

TEST(ConstantMatch, OnlyConstantsAreNamedAndNotAfterConstants) {
  Pair pair;
  pair.original.floats("CONSTANTS.c0", {1, 2, 3}).role = Role::kConstant;
  pair.original.floats("a", {4, 5, 6});
  pair.constant({1, 2, 3});
  pair.frozen.floats("kept.weight", {4, 5, 6});
  EXPECT_THAT(pair.names(), IsEmpty());
}

TEST(ConstantMatch, StridesDoNotMatter) {
  Pair pair;
  pair.original.add("a", DType::kFloat32, {2, 3}, Floats{1, 2, 3, 4, 5, 6});
  pair.constant({2, 3}, {1, 4, 2, 5, 3, 6});
  pair.frozen.model.tensors[0].strides = {1, 2};
  EXPECT_THAT(pair.names(), ElementsAre("a content"));
}

TEST(ConstantMatch, Transposed) {
  Pair pair;
  pair.original.add("a", DType::kFloat32, {2, 3}, Floats{1, 2, 3, 4, 5, 6});
  pair.original.add("square", DType::kFloat32, {2, 2}, Floats{1, 2, 3, 4});
  pair.original.add("zeros", DType::kFloat32, {2, 4}, Floats(8));
  pair.constant({3, 2}, {1, 4, 2, 5, 3, 6});
  pair.constant({2, 2}, {1, 3, 2, 4});
  pair.constant({4, 2}, Floats(8));
  EXPECT_THAT(pair.names(), ElementsAre("a transposed", "square transposed"));
}

TEST(ConstantMatch, TiedOriginalsAreOneTensorOfTwoNames) {
  Pair pair;
  pair.original.floats("embedding.weight", {1, 2, 3});
  pair.original.model.tensors.push_back(pair.original.model.tensors[0]);
  pair.original.model.tensors[1].name = "decoder.weight";
  pair.original.model.storages[0].tensors = 2;
  uint32_t weight = pair.constant({1, 2, 3});
  pair.layers = {layer_of("aten::linear", {{"weight", weight}})};
  auto matches = pair.match();
  ASSERT_THAT(matches, SizeIs(1));
  EXPECT_EQ(matches[0].recovered.name, "embedding.weight");
  EXPECT_EQ(matches[0].recovered.evidence, "content");
  EXPECT_THAT(matches[0].recovered.also, ElementsAre("decoder.weight"));
}

TEST(ConstantMatch, TheOthersOfALayerTellTheModule) {
  Pair pair;
  for (int i = 0; i < 3; ++i) {
    std::string name = "bn" + std::to_string(i);
    pair.original.floats(name + ".weight", {1, 1, 1});
    pair.original.floats(name + ".bias", {0, 0, 0});
    pair.original.floats(name + ".running_mean", numbers(3, i));
  }
  uint32_t weight = pair.constant({1, 1, 1});
  uint32_t bias = pair.constant({0, 0, 0});
  uint32_t mean = pair.constant(numbers(3, 1));
  pair.layers = {
      layer_of("aten::batch_norm",
               {{"weight", weight}, {"bias", bias}, {"running_mean", mean}})};
  EXPECT_THAT(pair.names(),
              ElementsAre("bn1.weight structure", "bn1.bias structure",
                          "bn1.running_mean content"));
}

TEST(ConstantMatch, PooledConstantsAreAllThatTheirLayersNeed) {
  Pair pair;
  for (int i = 0; i < 4; ++i) {
    std::string name = "layers." + std::to_string(i) + ".norm";
    pair.original.floats(name + ".weight", {1, 1, 1});
    pair.original.floats(name + ".bias", {0, 0, 0});
  }
  uint32_t weight = pair.constant({1, 1, 1});
  uint32_t bias = pair.constant({0, 0, 0});
  Layer norm =
      layer_of("aten::layer_norm", {{"weight", weight}, {"bias", bias}});
  pair.layers = {norm, norm, norm};
  auto matches = pair.match();
  ASSERT_THAT(matches, SizeIs(2));
  EXPECT_EQ(matches[1].recovered.name, "layers.0.norm.bias");
  EXPECT_THAT(matches[1].recovered.also,
              ElementsAre("layers.1.norm.bias", "layers.2.norm.bias"));
  EXPECT_EQ(matches[1].recovered.detail, "3 of 4 equal tensors");
}

TEST(ConstantMatch, OrderDecidesFromTheLayerBeforeOn) {
  Pair pair;
  for (int i = 0; i < 3; ++i) {
    std::string name = "block" + std::to_string(i);
    pair.original.add(name + ".fc.weight", DType::kFloat32, {2, 2},
                      numbers(4, i));
    pair.original.floats(name + ".norm.weight", {1, 1});
  }
  uint32_t fc = pair.constant({2, 2}, numbers(4, 1));
  uint32_t norm = pair.constant({1, 1});
  pair.layers = {layer_of("aten::linear", {{"weight", fc}}),
                 layer_of("aten::layer_norm", {{"weight", norm}})};
  EXPECT_THAT(pair.names(), ElementsAre("block1.fc.weight content",
                                        "block1.norm.weight structure"));
}

TEST(ConstantMatch, RolesTellEqualTensorsOfOneModule) {
  Pair pair;
  pair.original.floats("rnn.bias_ih_l0", {0, 0});
  pair.original.floats("rnn.bias_hh_l0", {0, 0});
  uint32_t first = pair.constant({0, 0}), second = pair.constant({0, 0});
  pair.layers = {
      layer_of("aten::lstm", {{"bias_hh_l0", first}, {"bias_ih_l0", second}})};
  EXPECT_THAT(pair.names(), ElementsAre("rnn.bias_hh_l0 structure",
                                        "rnn.bias_ih_l0 structure"));
}

TEST(ConstantMatch, ThoseOfNoLayerAreTakenInOrder) {
  Pair pair;
  pair.original.floats("even", {1, 1});
  pair.original.floats("odd", {1, 1});
  for (int i = 0; i < 3; ++i) pair.constant({1, 1});
  EXPECT_THAT(pair.names(),
              ElementsAre("even structure", "odd structure", "even structure"));
}

TEST(ConstantMatch, Parts) {
  Pair pair;
  pair.original.add("in_proj_weight", DType::kFloat32, {6, 3}, numbers(18, 1));
  pair.original.floats("in_proj_bias", numbers(6, 2));
  Floats weight = numbers(18, 1), bias = numbers(6, 2);
  pair.constant({2, 3}, {weight.begin() + 6, weight.begin() + 12});
  pair.constant({bias.begin() + 3, bias.end()});
  pair.constant({bias.begin() + 3, bias.begin() + 4});  // One element.
  auto matches = pair.match();
  ASSERT_THAT(matches, SizeIs(2));
  EXPECT_EQ(matches[0].recovered.name, "in_proj_weight[2:4]");
  EXPECT_EQ(matches[0].recovered.detail, "2 of 6 rows of in_proj_weight");
  EXPECT_EQ(matches[0].original, 0u);
  EXPECT_EQ(matches[1].recovered.name, "in_proj_bias[3:6]");
}

TEST(ConstantMatch, PartsMayBeginWithZerosButNotBeNothingElse) {
  Pair pair;
  Floats values = numbers(20, 1);
  std::fill(values.begin(), values.begin() + 8, 0.0f);
  pair.original.add("embedding", DType::kFloat32, {5, 4}, values);
  pair.constant({2, 4}, {values.begin() + 4, values.begin() + 12});
  pair.constant({2, 4}, Floats(8));
  EXPECT_THAT(pair.names(), ElementsAre("embedding[1:3] part"));
}

TEST(ConstantMatch, PartsThatOnlyBeginAlikeAreNone) {
  Pair pair;
  Floats values = numbers(400, 1);
  for (size_t row = 0; row < 100; ++row) {
    std::copy_n(values.begin(), 4, values.begin() + 4 * row);
  }
  pair.original.add("rows", DType::kFloat32, {100, 4}, values);
  values[7] += 1;
  pair.constant({2, 4}, {values.begin(), values.begin() + 8});
  // Ends behind the last row.
  pair.constant({100, 4}, values);
  EXPECT_THAT(pair.names(), IsEmpty());
}

TEST(ConstantMatch, WithoutDataOrReadableBytesNothingMatches) {
  Pair pair;
  pair.original.floats("a", {1, 2, 3});
  pair.original.floats("b", {1, 2, 3});
  pair.original.floats("c", {4, 5, 6});
  pair.original.model.tensors[0].storage = kNoIndex;
  pair.original.model.storages[1].memory = {};
  pair.original.floats("repeated", {4}).shape = {3};
  pair.original.model.tensors[3].strides = {0};
  pair.original.add("empty", DType::kFloat32, {0, 3}, Floats{});
  pair.constant({1, 2, 3});
  pair.constant({4, 5, 6});
  pair.constant({4, 5, 6});
  pair.constant({0, 3}, {});
  pair.constant({4, 4, 4});
  pair.constant({}, Floats{7});
  pair.frozen.model.tensors[1].storage = kNoIndex;
  pair.frozen.model.storages[2].memory = {};
  EXPECT_THAT(pair.names(), IsEmpty());
}

TEST(ConstantMatch, NaNsAreBytesLikeAnyOther) {
  Pair pair;
  pair.original.floats("a", {1, kNaN, 3});
  pair.constant({1, kNaN, 3});
  EXPECT_THAT(pair.names(), ElementsAre("a content"));
}

TEST(ConstantMatch, ManyEqualTensorsTakeLinearTime) {
  Pair pair;
  for (int i = 0; i < 20'000; ++i) {
    pair.original.floats("m" + std::to_string(i) + ".weight", {1, 1});
    pair.layers.push_back(
        layer_of("aten::layer_norm", {{"weight", pair.constant({1, 1})}}));
  }
  auto matches = pair.match();
  ASSERT_THAT(matches, SizeIs(20'000));
  EXPECT_EQ(matches[19'999].recovered.name, "m19999.weight");
}

}  // namespace
}  // namespace tsinspect
