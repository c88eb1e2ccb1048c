#include <gmock/gmock.h>

#include <numeric>

#include "analysis/diff_models.h"

namespace tsinspect {
namespace {

using ::testing::ElementsAre;

using Shape = std::vector<int64_t>;

std::vector<float> counting(int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  std::iota(values.begin(), values.end(), 1.0f);
  return values;
}

int64_t product(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1},
                         std::multiplies<>());
}

// `values` of that shape with dimension i of the result order[i] of the old.
std::vector<float> permuted(const std::vector<float>& values,
                            const Shape& shape, const Shape& order) {
  Shape strides(shape.size(), 1);
  for (size_t i = shape.size() - 1; i-- > 0;) {
    strides[i] = strides[i + 1] * shape[i + 1];
  }
  std::vector<float> result;
  Shape index(shape.size(), 0);
  for (size_t count = 0; count < values.size(); ++count) {
    int64_t at = 0;
    for (size_t i = 0; i < index.size(); ++i) {
      at += index[i] * strides[static_cast<size_t>(order[i])];
    }
    result.push_back(values[static_cast<size_t>(at)]);
    for (size_t i = index.size(); i-- > 0;) {
      if (++index[i] < shape[static_cast<size_t>(order[i])]) break;
      index[i] = 0;
    }
  }
  return result;
}

Shape permuted_shape(const Shape& shape, const Shape& order) {
  Shape result;
  for (int64_t i : order) result.push_back(shape[static_cast<size_t>(i)]);
  return result;
}

// The one pair of a model of one tensor and one of another.
TensorDiff diff_of(const std::string& name_a, const Shape& shape_a,
                   const std::vector<float>& a, const std::string& name_b,
                   const Shape& shape_b, const std::vector<float>& b) {
  HandModel x, y;
  x.add(name_a, DType::kFloat32, shape_a, a);
  y.add(name_b, DType::kFloat32, shape_b, b);
  Diff found = diff(x.model, y.model);
  EXPECT_TRUE(found.added.empty());
  EXPECT_TRUE(found.removed.empty());
  return found.pairs.empty() ? TensorDiff() : found.pairs[0];
}

// That of a tensor and itself permuted, found by content.
TensorDiff permuted_diff(const Shape& shape, const Shape& order) {
  auto values = counting(product(shape));
  return diff_of("a", shape, values, "b", permuted_shape(shape, order),
                 permuted(values, shape, order));
}

std::string layout_of(const Shape& shape, const Shape& order) {
  TensorDiff pair = permuted_diff(shape, order);
  EXPECT_TRUE(pair.renamed);
  EXPECT_EQ(pair.change, Change::kNone);
  return pair.layout ? pair.layout->name : "none";
}

TEST(DiffLayout, NamesTheLayoutsOfKernels) {
  EXPECT_EQ(layout_of({3, 5}, {1, 0}), "transposed");
  EXPECT_EQ(layout_of({4, 4}, {1, 0}), "transposed");
  EXPECT_EQ(layout_of({3, 5, 7}, {2, 1, 0}), "WIO→OIW");
  EXPECT_EQ(layout_of({3, 3, 4, 8}, {3, 2, 0, 1}), "HWIO→OIHW");
  EXPECT_EQ(layout_of({8, 4, 3, 3}, {2, 3, 1, 0}), "OIHW→HWIO");
  EXPECT_EQ(layout_of({1, 1, 4, 8}, {3, 2, 0, 1}), "HWIO→OIHW");
  EXPECT_EQ(layout_of({3, 3, 6, 1}, {2, 3, 0, 1}), "HWIM→IMHW");
  EXPECT_EQ(layout_of({6, 1, 3, 3}, {2, 3, 0, 1}), "IMHW→HWIM");
  EXPECT_EQ(layout_of({2, 3, 3, 4, 5}, {4, 3, 0, 1, 2}), "DHWIO→OIDHW");
}

TEST(DiffLayout, TriesAnyOrderOfDimensions) {
  EXPECT_EQ(layout_of({2, 3, 5}, {1, 2, 0}), "transposed (1, 2, 0)");
  EXPECT_EQ(layout_of({2, 3, 5, 7}, {0, 2, 3, 1}), "transposed (0, 2, 3, 1)");
}

TEST(DiffLayout, TellsThePermutation) {
  TensorDiff pair = permuted_diff({3, 3, 4, 8}, {3, 2, 0, 1});
  EXPECT_THAT(pair.layout->order, ElementsAre(3, 2, 0, 1));
  EXPECT_THAT(pair.layout->shape_a, ElementsAre(3, 3, 4, 8));
}

TEST(DiffLayout, FindsDepthwiseKernelsOfSeveralOutputs) {
  Shape hwim = {3, 2, 4, 2};
  auto values = counting(product(hwim));
  auto torch = permuted(values, hwim, {2, 3, 0, 1});
  TensorDiff pair = diff_of("a", hwim, values, "b", {8, 1, 3, 2}, torch);
  ASSERT_TRUE(pair.layout);
  EXPECT_EQ(pair.layout->name, "HWIM→(IM)1HW");
  pair = diff_of("a", {8, 1, 3, 2}, torch, "b", hwim, values);
  ASSERT_TRUE(pair.layout);
  EXPECT_EQ(pair.layout->name, "(IM)1HW→HWIM");
}

TEST(DiffLayout, FindsLayersThatTakeAFlattenedImage) {
  // 6 pixels of 4 channels, to 3 outputs.
  auto values = counting(72);
  auto torch = permuted(values, {6, 4, 3}, {2, 1, 0});
  TensorDiff pair = diff_of("a", {24, 3}, values, "b", {3, 24}, torch);
  ASSERT_TRUE(pair.layout);
  EXPECT_EQ(pair.layout->name, "transposed, inputs [6, 4]→[4, 6]");
}

TEST(DiffLayout, ATensorOfTheSameOrderIsReshaped) {
  TensorDiff pair =
      diff_of("a", {12}, counting(12), "b", {1, 12, 1}, counting(12));
  ASSERT_TRUE(pair.layout);
  EXPECT_EQ(pair.layout->name, "reshaped");
}

TEST(DiffLayout, TheSameValuesInNoOrderAreReordered) {
  auto values = counting(40);
  auto other = values;
  std::swap(other[3], other[17]);
  TensorDiff pair = diff_of("a", {40}, values, "b", {40}, other);
  ASSERT_TRUE(pair.layout);
  EXPECT_EQ(pair.layout->name, "reordered");
  EXPECT_TRUE(pair.renamed);
}

TEST(DiffLayout, FewValuesInNoOrderAreNotTheSame) {
  HandModel x, y;
  x.floats("a", {1, 2, 3});
  y.floats("b", {3, 1, 2});
  Diff found = diff(x.model, y.model);
  EXPECT_EQ(found.added.size(), 1u);
  EXPECT_EQ(found.removed.size(), 1u);
}

TEST(DiffLayout, ATensorOfOneNameCanBeTransposed) {
  auto values = counting(15);
  TensorDiff pair = diff_of("w", {3, 5}, values, "w", {5, 3},
                            permuted(values, {3, 5}, {1, 0}));
  ASSERT_TRUE(pair.layout);
  EXPECT_FALSE(pair.renamed);
  EXPECT_EQ(pair.change, Change::kNone);
  auto square = counting(16);
  pair = diff_of("w", {4, 4}, square, "w", {4, 4},
                 permuted(square, {4, 4}, {1, 0}));
  ASSERT_TRUE(pair.layout);
  EXPECT_FALSE(pair.values);
}

TEST(DiffLayout, IsNoSameness) {
  HandModel x, y;
  auto values = counting(15);
  x.add("w", DType::kFloat32, {3, 5}, values);
  y.add("w", DType::kFloat32, {5, 3}, permuted(values, {3, 5}, {1, 0}));
  EXPECT_FALSE(diff(x.model, y.model).same());
}

TEST(DiffNames, PairsWhatFrameworksCallTheSame) {
  auto values = counting(15);
  auto kernel = permuted(values, {3, 5}, {1, 0});
  kernel[0] += 1;
  TensorDiff pair =
      diff_of("dense.weight", {3, 5}, values, "dense/kernel", {5, 3}, kernel);
  EXPECT_TRUE(pair.renamed);
  ASSERT_TRUE(pair.layout);
  EXPECT_EQ(pair.change, Change::kValue);
  ASSERT_TRUE(pair.values);
  EXPECT_EQ(pair.values->different, 1u);
  EXPECT_THAT(pair.values->at, ElementsAre(0, 0));
  EXPECT_EQ(pair.values->b_at, "2");
}

TEST(DiffNames, ASquareKernelIsTurnedToo) {
  auto values = counting(16);
  TensorDiff pair = diff_of("dense/kernel", {4, 4}, values, "dense.weight",
                            {4, 4}, permuted(values, {4, 4}, {1, 0}));
  EXPECT_EQ(pair.change, Change::kNone);
  ASSERT_TRUE(pair.layout);
  EXPECT_EQ(pair.layout->name, "transposed");
}

TEST(DiffNames, AnotherShapeIsAnotherTensor) {
  HandModel x, y;
  x.add("dense.weight", DType::kFloat32, {3, 5}, counting(15));
  y.add("dense/kernel", DType::kFloat32, {3, 4}, counting(12));
  Diff found = diff(x.model, y.model);
  EXPECT_TRUE(found.pairs.empty());
}

TEST(DiffNames, NamesThatSeveralTensorsHaveTellNothing) {
  HandModel x, y;
  x.floats("bn.weight", {1, 2});
  y.floats("bn/gamma", {3, 4});
  y.floats("bn/weight", {5, 6});
  EXPECT_TRUE(diff(x.model, y.model).pairs.empty());
}

std::string texts(const std::vector<std::string>& all) {
  std::string bytes;
  for (const std::string& text : all) {
    bytes += static_cast<char>(text.size());
    bytes.append(7, '\0');
    bytes += text;
  }
  return bytes;
}

Tensor& add_texts(HandModel* model, const std::vector<std::string>& all) {
  std::string bytes = texts(all);
  Tensor& tensor =
      model->add("t", DType::kString, {static_cast<int64_t>(all.size())},
                 std::vector<char>(bytes.begin(), bytes.end()));
  auto details = std::make_shared<TensorDetails>();
  details->string_bytes = bytes.size();
  tensor.details = details;
  return tensor;
}

TEST(DiffTexts, CountsThoseThatAreNotEqual) {
  HandModel x, y;
  add_texts(&x, {"one", "two", "three"});
  add_texts(&y, {"one", "twofold", "four"});
  Diff found = diff(x.model, y.model);
  ASSERT_EQ(found.pairs.size(), 1u);
  EXPECT_EQ(found.pairs[0].change, Change::kValue);
  ASSERT_TRUE(found.pairs[0].values);
  EXPECT_FALSE(found.pairs[0].values->has_metrics);
  EXPECT_EQ(found.pairs[0].values->different, 2u);
  EXPECT_THAT(found.pairs[0].values->at, ElementsAre(1));
  EXPECT_EQ(found.pairs[0].values->b_at, "'twofold'");
}

TEST(DiffTexts, EqualOnesAreEqual) {
  HandModel x, y;
  add_texts(&x, {"one", ""});
  add_texts(&y, {"one", ""});
  EXPECT_TRUE(diff(x.model, y.model).same());
}

}  // namespace
}  // namespace tsinspect
