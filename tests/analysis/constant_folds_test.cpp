// Weights and biases that batch norms and constants were folded into.

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <limits>

#include "analysis/constant_match.h"
#include "analysis/diff_models.h"
#include "analysis/frozen_layers.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Floats = std::vector<float>;
using Shape = std::vector<int64_t>;

constexpr int64_t kChannels = 4;

Floats numbers(size_t count, int seed) {
  Floats values;
  for (size_t i = 0; i < count; ++i) {
    double x = static_cast<double>(i) * 0.7 + seed * 13.37;
    values.push_back(static_cast<float>(std::sin(x * x) + 1.25));
  }
  return values;
}

struct Norm {
  explicit Norm(int seed, float with_eps = 1e-5f)
      : weight(numbers(kChannels, seed)),
        bias(numbers(kChannels, seed + 1)),
        mean(numbers(kChannels, seed + 2)),
        var(numbers(kChannels, seed + 3)),
        eps(with_eps) {}

  float factor(size_t channel) const {
    return weight[channel] / std::sqrt(var[channel] + eps);
  }

  Floats weight, bias, mean, var;
  float eps;
};

// A weight whose channels are its dimension 0.
struct Folded {
  Floats weight, bias;
};

Folded fold(const Floats& weight, const Floats& bias, const Norm& norm) {
  Folded folded = {weight, {}};
  size_t inner = weight.size() / kChannels;
  for (size_t i = 0; i < weight.size(); ++i) {
    folded.weight[i] *= norm.factor(i / inner);
  }
  for (size_t i = 0; i < kChannels; ++i) {
    float before = bias.empty() ? 0 : bias[i];
    folded.bias.push_back(norm.bias[i] +
                          (before - norm.mean[i]) * norm.factor(i));
  }
  return folded;
}

class ConstantFolds : public testing::Test {
 protected:
  void add_norm(const std::string& path, const Norm& norm) {
    original.floats(path + ".weight", norm.weight);
    original.floats(path + ".bias", norm.bias);
    original.floats(path + ".running_mean", norm.mean);
    original.floats(path + ".running_var", norm.var);
  }

  uint32_t constant(DType dtype, Shape shape, const Floats& values) {
    frozen.add("CONSTANTS.c", dtype, std::move(shape), values).role =
        Role::kConstant;
    return static_cast<uint32_t>(frozen.model.tensors.size() - 1);
  }

  void add_layer(const Folded& folded, const std::string& op = "aten::conv2d",
                 Shape shape = {kChannels, 2, 3, 3},
                 std::vector<LayerSetting> settings = {}) {
    uint32_t weight = constant(DType::kFloat32, shape, folded.weight);
    uint32_t bias =
        constant(DType::kFloat32, {static_cast<int64_t>(folded.bias.size())},
                 folded.bias);
    layers.push_back(
        layer_of(op, {{"weight", weight}, {"bias", bias}}, settings));
  }

  std::vector<ConstantMatch> match() const {
    return match_constants(frozen.model, layers, original.model);
  }

  std::vector<std::string> details() const {
    std::vector<std::string> details;
    for (const ConstantMatch& match : match()) {
      details.push_back(match.recovered.detail);
    }
    return details;
  }

  HandModel original, frozen;
  std::vector<Layer> layers;
  const Shape shape = {kChannels, 2, 3, 3};
  const Floats weight = numbers(kChannels * 18, 50);
  const Floats bias = numbers(kChannels, 60);
};

TEST_F(ConstantFolds, BatchNormIntoConvolution) {
  original.add("conv1.weight", DType::kFloat32, shape, weight);
  original.floats("conv1.bias", bias);
  add_norm("bn1", Norm(1));
  add_layer(fold(weight, bias, Norm(1)));
  auto matches = match();
  ASSERT_THAT(matches, SizeIs(2));
  EXPECT_EQ(matches[0].recovered.name, "conv1.weight");
  EXPECT_EQ(matches[0].recovered.evidence, "folded");
  EXPECT_EQ(matches[0].recovered.detail, "conv1.weight folded with bn1");
  EXPECT_THAT(matches[0].folded, ElementsAre("bn1"));
  EXPECT_EQ(matches[0].original, 0u);
  EXPECT_EQ(matches[1].recovered.detail, "conv1.bias folded with bn1");
  EXPECT_THAT(matches[1].folded, ElementsAre("bn1"));
  EXPECT_EQ(matches[1].original, 1u);
}

TEST_F(ConstantFolds, ABiasThatOnlyFoldingMadeHasItsNameButNoRow) {
  original.add("conv1.weight", DType::kFloat32, shape, weight);
  add_norm("bn1", Norm(1, 1e-3f));
  add_layer(fold(weight, {}, Norm(1, 1e-3f)));
  auto matches = match();
  ASSERT_THAT(matches, SizeIs(2));
  EXPECT_EQ(matches[1].recovered.name, "conv1.bias");
  EXPECT_EQ(matches[1].original, kNoIndex);
  EXPECT_EQ(matches[1].recovered.detail,
            "conv1.bias folded with bn1 (the original has none)");
}

TEST_F(ConstantFolds, EqualShapesAreToldApart) {
  for (int i = 0; i < 8; ++i) {
    std::string number = std::to_string(i);
    original.add("conv" + number + ".weight", DType::kFloat32, shape,
                 numbers(weight.size(), 70 + i));
    add_norm("bn" + number, Norm(100 + 4 * i));
  }
  for (int i = 7; i >= 0; --i) {
    add_layer(fold(numbers(weight.size(), 70 + i), {}, Norm(100 + 4 * i)));
  }
  auto matches = match();
  ASSERT_THAT(matches, SizeIs(16));
  EXPECT_EQ(matches[0].recovered.name, "conv7.weight");
  EXPECT_THAT(matches[0].folded, ElementsAre("bn7"));
  EXPECT_EQ(matches[14].recovered.name, "conv0.weight");
  EXPECT_THAT(matches[15].folded, ElementsAre("bn0"));
}

TEST_F(ConstantFolds, EqualBatchNormsAreTakenInOrder) {
  for (int i = 0; i < 2; ++i) {
    std::string number = std::to_string(i);
    original.add("conv" + number + ".weight", DType::kFloat32, shape,
                 numbers(weight.size(), 70 + i));
  }
  add_norm("bn0", Norm(1));
  add_norm("bn1", Norm(1));
  add_layer(fold(numbers(weight.size(), 70), {}, Norm(1)));
  add_layer(fold(numbers(weight.size(), 71), {}, Norm(1)));
  auto matches = match();
  ASSERT_THAT(matches, SizeIs(4));
  EXPECT_THAT(matches[0].folded, ElementsAre("bn0"));
  EXPECT_THAT(matches[2].folded, ElementsAre("bn1"));
}

TEST_F(ConstantFolds, OfEqualBatchNormsThoseBesideTheLayerAreFirst) {
  // In the order of their names, as safetensors files are.
  for (std::string block : {"0", "1"}) {
    add_norm(block + ".bn1", Norm(1));
    add_norm(block + ".bn2", Norm(1));
    for (int i = 1; i < 3; ++i) {
      original.add(block + ".conv" + std::to_string(i) + ".weight",
                   DType::kFloat32, shape,
                   numbers(weight.size(), 70 + 2 * i + (block == "1")));
    }
  }
  for (int seed : {72, 74, 73, 75}) {
    add_layer(fold(numbers(weight.size(), seed), {}, Norm(1)));
  }
  auto matches = match();
  ASSERT_THAT(matches, SizeIs(8));
  EXPECT_EQ(matches[2].recovered.detail, "0.conv2.weight folded with 0.bn2");
  EXPECT_EQ(matches[4].recovered.detail, "1.conv1.weight folded with 1.bn1");
}

TEST_F(ConstantFolds, EqualWeightsAreTakenInOrder) {
  for (std::string number : {"0", "1"}) {
    original.add("conv" + number + ".weight", DType::kFloat32, shape, weight);
    add_norm("bn" + number, Norm(number == "0" ? 1 : 9));
  }
  add_layer(fold(weight, {}, Norm(1)));
  add_layer(fold(weight, {}, Norm(9)));
  EXPECT_THAT(details(), testing::Contains("conv0.weight folded with bn0"));
  EXPECT_THAT(details(), testing::Contains("conv1.weight folded with bn1"));
}

TEST_F(ConstantFolds, BatchNormIntoLinear) {
  original.add("fc.weight", DType::kFloat32, {kChannels, 18}, weight);
  original.floats("fc.bias", bias);
  add_norm("bn", Norm(1));
  add_layer(fold(weight, bias, Norm(1)), "aten::linear", {kChannels, 18});
  EXPECT_THAT(details(), ElementsAre("fc.weight folded with bn",
                                     "fc.bias folded with bn"));
}

TEST_F(ConstantFolds, TransposedConvolutionOfTwoGroups) {
  // Six input channels, two groups of two output channels each.
  Floats values = numbers(6 * 2 * 4, 5);
  original.add("up.weight", DType::kFloat32, {6, 2, 2, 2}, values);
  add_norm("bn", Norm(1));
  Folded folded = fold(weight, {}, Norm(1));
  folded.weight = values;
  for (size_t i = 0; i < values.size(); ++i) {
    size_t channel = i / (3 * 2 * 4) * 2 + i / 4 % 2;
    folded.weight[i] *= Norm(1).factor(channel);
  }
  add_layer(folded, "aten::conv_transpose2d", {6, 2, 2, 2}, {{"groups", "2"}});
  EXPECT_THAT(match(), SizeIs(2));
  layers[0].op = "aten::_convolution";
  layers[0].settings.push_back({"transposed", "True"});
  EXPECT_THAT(details(), testing::Contains("up.weight folded with bn"));
  layers[0].settings = {{"transposed", "True"}, {"groups", "4"}};
  EXPECT_THAT(match(), IsEmpty());
}

TEST_F(ConstantFolds, ScaledAfterTheBatchNormOrWithoutOne) {
  original.add("conv1.weight", DType::kFloat32, shape, weight);
  add_norm("bn1", Norm(1));
  original.add("conv2.weight", DType::kFloat32, shape,
               numbers(weight.size(), 99));
  original.floats("conv2.bias", bias);
  Folded first = fold(weight, {}, Norm(1));
  for (float& value : first.weight) value *= 0.5f;
  for (float& value : first.bias) value = value * 0.5f + 2;
  Folded second = {numbers(weight.size(), 99), bias};
  for (float& value : second.weight) value *= -3;
  for (float& value : second.bias) value *= -3;
  add_layer(first);
  add_layer(second);
  EXPECT_THAT(
      details(),
      ElementsAre("conv1.weight folded with bn1, scaled by a constant",
                  "conv1.bias folded with bn1, scaled by a constant, offset "
                  "added (the original has none)",
                  "conv2.weight, scaled by a constant",
                  "conv2.bias, scaled by a constant"));
  EXPECT_THAT(match().at(2).folded, IsEmpty());
}

TEST_F(ConstantFolds, ScaleAndShiftOfTheOriginal) {
  Floats scale = numbers(kChannels, 20), shift = numbers(kChannels, 21);
  original.add("conv.weight", DType::kFloat32, shape, weight);
  original.add("scale", DType::kFloat32, {kChannels, 1, 1}, scale);
  original.add("shift", DType::kFloat32, {1, kChannels, 1, 1}, shift);
  Folded folded = {weight, shift};
  for (size_t i = 0; i < weight.size(); ++i) folded.weight[i] /= scale[i / 18];
  for (float& value : folded.bias) value = -value;
  add_layer(folded);
  auto matches = match();
  ASSERT_THAT(matches, SizeIs(2));
  EXPECT_THAT(matches[0].folded, ElementsAre("scale"));
  EXPECT_THAT(matches[1].folded, ElementsAre("scale", "shift"));
}

TEST_F(ConstantFolds, OffsetOfABias) {
  original.add("conv.weight", DType::kFloat32, shape, weight);
  original.floats("conv.bias", bias);
  original.floats("other.weight", {1, 1, 1, 1});
  Floats moved = bias;
  for (float& value : moved) value += 1;
  add_layer({weight, moved});
  EXPECT_THAT(details(), ElementsAre("", "conv.bias, offset added"));
  // Of a layer without a bias, it equals tensors that it is not.
  frozen = {}, layers = {}, original = {};
  original.add("conv.weight", DType::kFloat32, shape, weight);
  original.floats("other.weight", {1, 1, 1, 1});
  add_layer({weight, {1, 1, 1, 1}});
  EXPECT_EQ(match().at(1).recovered.name, "conv.bias");
}

TEST_F(ConstantFolds, ZerosOfAFoldedBiasAreNoOtherZeros) {
  original.add("conv.weight", DType::kFloat32, shape, weight);
  Norm fresh(1);
  fresh.weight = fresh.var = {1, 1, 1, 1};
  fresh.bias = fresh.mean = {0, 0, 0, 0};
  add_norm("bn", fresh);
  add_layer(fold(weight, {}, fresh));
  auto matches = match();
  ASSERT_THAT(matches, SizeIs(2));
  EXPECT_EQ(matches[0].recovered.detail, "conv.weight folded with bn");
  EXPECT_EQ(matches[1].recovered.name, "conv.bias");
}

TEST_F(ConstantFolds, ZeroChannels) {
  Floats pruned = weight;
  std::fill(pruned.begin(), pruned.begin() + 18, 0.0f);
  Norm norm(1);
  norm.weight[1] = 0;
  original.add("conv.weight", DType::kFloat32, shape, pruned);
  add_norm("bn", norm);
  add_layer(fold(pruned, {}, norm));
  EXPECT_THAT(match(), SizeIs(2));
  EXPECT_THAT(match().at(0).folded, ElementsAre("bn"));
}

TEST_F(ConstantFolds, ZerosAndNaNsAreNoMultiples) {
  original.add("conv.weight", DType::kFloat32, shape, weight);
  original.add("zeros.weight", DType::kFloat32, shape, Floats(weight.size()));
  add_norm("bn", Norm(1));
  Folded folded = fold(weight, {}, Norm(1));
  folded.weight[20] = std::numeric_limits<float>::quiet_NaN();
  add_layer(folded);
  add_layer({Floats(weight.size(), 0.5f), bias});
  frozen.model.tensors[2].shape = {kChannels, 18};
  EXPECT_THAT(match(), IsEmpty());
  // Zeros are zeros, but no multiple of anything.
  frozen = {}, layers = {}, original = {};
  original.add("conv.weight", DType::kFloat32, shape, weight);
  add_layer({Floats(weight.size()), bias});
  EXPECT_THAT(match(), IsEmpty());
}

TEST_F(ConstantFolds, OneOtherElementIsNotTolerated) {
  original.add("conv.weight", DType::kFloat32, shape, weight);
  add_norm("bn", Norm(1));
  Folded folded = fold(weight, {}, Norm(1));
  folded.weight[71] *= 1.001f;
  add_layer(folded);
  EXPECT_THAT(match(), IsEmpty());
}

TEST_F(ConstantFolds, ChannelsOfOneElementProveNothingAlone) {
  original.add("conv.weight", DType::kFloat32, {kChannels, 1, 1}, bias);
  add_norm("bn", Norm(1));
  add_layer({numbers(kChannels, 7), numbers(kChannels, 8)}, "aten::conv1d",
            {kChannels, 1, 1});
  EXPECT_THAT(match(), IsEmpty());
  add_layer(fold(bias, {}, Norm(1)), "aten::conv1d", {kChannels, 1, 1});
  EXPECT_THAT(match(), SizeIs(2));
}

TEST_F(ConstantFolds, WhatCannotBeReadIsNoCandidate) {
  original.add("conv.weight", DType::kFloat32, shape, weight);
  add_norm("bn", Norm(1));
  add_layer(fold(weight, {}, Norm(1)));
  // The batch norm alone, then all.
  for (size_t i = 1; i < original.model.storages.size(); ++i) {
    original.model.storages[i].memory = {};
  }
  EXPECT_THAT(details(), ElementsAre("conv.weight, scaled by channel",
                                     "conv.bias, offset added (the original "
                                     "has none)"));
  original.model.storages[0].memory = {};
  EXPECT_THAT(match(), IsEmpty());
}

TEST_F(ConstantFolds, LayersWithoutChannelsAreNone) {
  original.add("a.weight", DType::kFloat32, {kChannels}, bias);
  add_layer({numbers(kChannels, 7), {}}, "aten::conv2d", {kChannels});
  add_layer({{}, {}}, "aten::conv2d", {0, 3, 3, 3});
  add_layer({numbers(4, 8), {}}, "aten::conv_transpose2d", {2, 2},
            {{"groups", "0"}});
  add_layer({numbers(4, 9), {}}, "aten::conv_transpose2d", {2, 2},
            {{"groups", "18446744073709551615"}});
  EXPECT_THAT(match(), IsEmpty());
}

uint16_t bfloat16_of(float value) {
  return static_cast<uint16_t>((std::bit_cast<uint32_t>(value) + 0x8000) >> 16);
}

TEST_F(ConstantFolds, BFloat16) {
  auto rounded = [](const Floats& values) {
    std::vector<uint16_t> bits;
    for (float value : values) bits.push_back(bfloat16_of(value));
    return bits;
  };
  for (int i = 0; i < 3; ++i) {
    original.add("conv" + std::to_string(i) + ".weight", DType::kBFloat16,
                 shape, rounded(numbers(weight.size(), 50 + i)));
  }
  add_norm("bn", Norm(1));
  Folded folded = fold(numbers(weight.size(), 51), {}, Norm(1));
  frozen.add("c0", DType::kBFloat16, shape, rounded(folded.weight)).role =
      Role::kConstant;
  frozen.add("c1", DType::kBFloat16, {kChannels}, rounded(folded.bias)).role =
      Role::kConstant;
  layers = {layer_of("aten::conv2d", {{"weight", 0}, {"bias", 1}})};
  auto matches = match();
  ASSERT_THAT(matches, SizeIs(2));
  EXPECT_EQ(matches[0].recovered.detail, "conv1.weight folded with bn");
  EXPECT_EQ(matches[1].recovered.name, "conv1.bias");
}

TEST_F(ConstantFolds, AThousandLayersOfOneShapeTakeLinearTime) {
  for (int i = 0; i < 1000; ++i) {
    std::string path = "blocks." + std::to_string(i);
    original.add(path + ".conv.weight", DType::kFloat32, shape,
                 numbers(weight.size(), i));
    add_norm(path + ".bn", Norm(i));
    add_layer(fold(numbers(weight.size(), i), {}, Norm(i)));
  }
  auto matches = match();
  ASSERT_THAT(matches, SizeIs(2000));
  EXPECT_EQ(matches[1998].recovered.name, "blocks.999.conv.weight");
  EXPECT_THAT(matches[1999].folded, ElementsAre("blocks.999.bn"));
}

}  // namespace
}  // namespace tsinspect
