// The numbers that diff() tells of two tensors, against a plain loop.

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <complex>
#include <limits>
#include <random>

#include "analysis/diff_models.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

std::vector<float> random_floats(size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(generator);
  return values;
}

// What `d` should be for finite values, summed in long double.
template <typename T>
void expect_naive(const std::vector<T>& a, const std::vector<T>& b,
                  const ValueDiff& d) {
  long double abs = 0, squares = 0, aa = 0, bb = 0, ab = 0;
  double max_abs = 0, max_rel = 0;
  uint64_t different = 0;
  size_t at = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    long double x = a[i], y = b[i], distance = std::abs(x - y);
    abs += distance;
    squares += distance * distance;
    aa += x * x;
    bb += y * y;
    ab += x * y;
    different += x != y;
    if (x != y) {
      max_rel = std::max(max_rel, static_cast<double>(distance / std::abs(x)));
    }
    if (static_cast<double>(distance) > max_abs) {
      max_abs = static_cast<double>(distance);
      at = i;
    }
  }
  auto n = static_cast<long double>(a.size());
  auto near = [](double got, long double want) {
    EXPECT_NEAR(got, static_cast<double>(want),
                1e-12 * std::abs(static_cast<double>(want)));
  };
  EXPECT_EQ(d.elements, a.size());
  EXPECT_EQ(d.different, different);
  EXPECT_EQ(d.max_abs, max_abs);
  near(d.max_rel, static_cast<long double>(max_rel));
  EXPECT_THAT(d.at, ElementsAre(static_cast<int64_t>(at)));
  near(d.mean_abs, abs / n);
  near(d.rmse, std::sqrt(squares / n));
  near(d.sqnr_db, 10 * std::log10(aa / squares));
  near(d.cosine, ab / std::sqrt(aa * bb));
}

TEST(DiffValues, MeasuresAreThoseOfAPlainLoop) {
  // Around the sizes of vectors, blocks and pieces.
  for (size_t count : {1u, 7u, 8u, 9u, 1023u, 1024u, 1025u, 300'001u}) {
    std::vector<float> a = random_floats(count, 1), b = a;
    std::mt19937 generator(2);
    for (size_t i = 0; i < count; i += 1 + generator() % 40) b[i] += 0.001f;
    auto pair = diff_of(DType::kFloat32, a, DType::kFloat32, b);
    EXPECT_EQ(pair.change, Change::kValue);
    expect_naive(a, b, *pair.values);
  }
}

TEST(DiffValues, OneBitIsFoundAndLocated) {
  std::vector<float> a = random_floats(3'000'000, 3), b = a;
  b[2'345'678] =
      std::bit_cast<float>(std::bit_cast<uint32_t>(a[2'345'678]) ^ 1);
  auto pair = diff_of(DType::kFloat32, a, DType::kFloat32, b);
  EXPECT_EQ(pair.values->different, 1u);
  EXPECT_THAT(pair.values->at, ElementsAre(2'345'678));
  EXPECT_NE(pair.values->a_at, pair.values->b_at);
}

TEST(DiffValues, ThreadsDoNotChangeTheResult) {
  std::vector<float> a = random_floats(2'500'000, 4), b = a;
  for (size_t i = 1'000'000; i < b.size(); i += 3) b[i] *= 1.01f;
  DiffOptions options;
  options.threads = 1;
  auto one = diff_of(DType::kFloat32, a, DType::kFloat32, b, options).values;
  expect_naive(a, b, *one);
  for (unsigned threads : {2u, 5u}) {
    options.threads = threads;
    auto d = diff_of(DType::kFloat32, a, DType::kFloat32, b, options).values;
    EXPECT_EQ(d->mean_abs, one->mean_abs);
    EXPECT_EQ(d->rmse, one->rmse);
    EXPECT_EQ(d->sqnr_db, one->sqnr_db);
    EXPECT_EQ(d->cosine, one->cosine);
    EXPECT_EQ(d->max_rel, one->max_rel);
    EXPECT_EQ(d->at, one->at);
  }
}

TEST(DiffValues, NaNInBothIsEqualUnlessAskedFor) {
  std::vector<float> a = {1, kNaN, 3};
  EXPECT_EQ(diff_of(DType::kFloat32, a, DType::kFloat32, a).change,
            Change::kNone);
  DiffOptions options;
  options.nan_differs = true;
  auto pair = diff_of(DType::kFloat32, a, DType::kFloat32, a, options);
  EXPECT_EQ(pair.change, Change::kValue);
  EXPECT_EQ(pair.values->different, 1u);
  EXPECT_THAT(pair.values->at, ElementsAre(1));
}

TEST(DiffValues, NaNInOneIsTheLargestDifference) {
  std::vector<float> a = {1, 2, 3, 4}, b = {1, 9, kNaN, 4};
  auto pair = diff_of(DType::kFloat32, a, DType::kFloat32, b);
  EXPECT_EQ(pair.values->different, 2u);
  EXPECT_EQ(pair.values->nan_in_one, 1u);
  EXPECT_EQ(pair.values->max_abs, 7);
  EXPECT_THAT(pair.values->at, ElementsAre(2));
  EXPECT_EQ(pair.values->b_at, "nan");
}

TEST(DiffValues, InfinitiesAreOutsideTheMeans) {
  std::vector<float> a = {kInf, 1, kInf, -kInf}, b = {kInf, 2, -kInf, 0};
  auto pair = diff_of(DType::kFloat32, a, DType::kFloat32, b);
  EXPECT_EQ(pair.values->different, 3u);
  EXPECT_EQ(pair.values->max_abs, INFINITY);
  EXPECT_THAT(pair.values->at, ElementsAre(2));
  EXPECT_EQ(pair.values->mean_abs, 1);
  DiffOptions options;
  options.tolerance.rtol = 10;
  pair = diff_of(DType::kFloat32, a, DType::kFloat32, b, options);
  EXPECT_EQ(pair.values->beyond, 2u);
}

TEST(DiffValues, NegativeZeroIsEqualButTold) {
  std::vector<float> a = {1, 0.0f}, b = {1, -0.0f};
  auto pair = diff_of(DType::kFloat32, a, DType::kFloat32, b);
  EXPECT_EQ(pair.change, Change::kNone);
  EXPECT_TRUE(pair.other_bits);
  EXPECT_THAT(pair.values->at, ElementsAre(1));
}

TEST(DiffValues, WideIntegersAreComparedExactly) {
  std::vector<int64_t> a = {INT64_MAX, INT64_MIN, 5};
  std::vector<int64_t> b = {INT64_MAX - 1, INT64_MIN, 5};
  auto pair = diff_of(DType::kInt64, a, DType::kInt64, b);
  EXPECT_EQ(pair.values->different, 1u);
  EXPECT_EQ(pair.values->max_abs, 1);
  EXPECT_EQ(pair.values->a_at, "9223372036854775807");
  // Rounded to float64 the two would be the same.
  auto other = diff_of(DType::kInt64, std::vector<int64_t>{(1LL << 53) + 1},
                       DType::kFloat64, std::vector<double>{0x1p53});
  EXPECT_EQ(other.change, Change::kDType);
  EXPECT_EQ(other.values->max_abs, 1);
}

TEST(DiffValues, EveryWholeNumberDType) {
  auto check = [](DType dtype, auto values) {
    auto b = values;
    b[1] = static_cast<typename decltype(b)::value_type>(b[1] + 1);
    auto pair = diff_of(dtype, values, dtype, b);
    EXPECT_EQ(pair.values->max_abs, 1) << dtype_info(dtype).name;
    EXPECT_THAT(pair.values->at, ElementsAre(1));
  };
  check(DType::kUInt8, std::vector<uint8_t>{200, 3, 7});
  check(DType::kInt8, std::vector<int8_t>{-100, 3, 7});
  check(DType::kUInt16, std::vector<uint16_t>{60000, 3, 7});
  check(DType::kInt16, std::vector<int16_t>{-30000, 3, 7});
  check(DType::kUInt32, std::vector<uint32_t>{4000000000, 3, 7});
  check(DType::kInt32, std::vector<int32_t>{-2000000000, 3, 7});
  check(DType::kUInt64, std::vector<uint64_t>{UINT64_MAX, 3, 7});
  check(DType::kBool, std::vector<uint8_t>{1, 0, 1});
}

TEST(DiffValues, ACastIsComparedInTheWiderType) {
  std::vector<float> a = random_floats(5000, 5);
  std::vector<uint16_t> b;
  std::vector<float> narrow;
  for (float value : a) {
    b.push_back(static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16));
    narrow.push_back(std::bit_cast<float>(uint32_t{b.back()} << 16));
  }
  auto pair = diff_of(DType::kFloat32, a, DType::kBFloat16, b);
  EXPECT_EQ(pair.change, Change::kDType);
  expect_naive(a, narrow, *pair.values);
  EXPECT_LE(pair.values->max_rel, 0x1p-7);
  DiffOptions options;
  options.tolerance.rtol = 0x1p-7;
  pair = diff_of(DType::kFloat32, a, DType::kBFloat16, b, options);
  EXPECT_EQ(pair.change, Change::kNone);
}

TEST(DiffValues, Halves) {
  std::vector<uint16_t> a = {0x3c00, 0x0001, 0x7c00}, b = {0x3c01, 1, 0x7c00};
  auto pair = diff_of(DType::kFloat16, a, DType::kFloat16, b);
  EXPECT_EQ(pair.values->max_abs, 0x1p-10);
  EXPECT_EQ(pair.values->different, 1u);
}

TEST(DiffValues, ComplexDifferencesAreMagnitudes) {
  using C = std::complex<float>;
  std::vector<C> a = {{0, 0}, {1, 1}}, b = {{3, 4}, {1, 1}};
  auto pair = diff_of(DType::kComplex64, a, DType::kComplex64, b);
  EXPECT_EQ(pair.values->max_abs, 5);
  EXPECT_EQ(pair.values->different, 1u);
  EXPECT_THAT(pair.values->at, ElementsAre(0));
}

TEST(DiffValues, QuantisedValuesAreWhatTheyStandFor) {
  auto details = [](double scale) {
    TensorDetails d;
    d.quantization.emplace();
    d.quantization->scheme = "per_tensor_affine";
    d.quantization->scale = scale;
    d.quantization->zero_point = 1;
    return std::make_shared<const TensorDetails>(d);
  };
  std::vector<uint8_t> bytes = {1, 3};
  HandModel a, b;
  a.add("t", DType::kQUInt8, {2}, bytes).details = details(0.5);
  b.add("t", DType::kQUInt8, {2}, bytes).details = details(0.25);
  auto pair = diff(a.model, b.model).pairs.at(0);
  EXPECT_EQ(pair.change, Change::kDType);
  EXPECT_EQ(pair.values->max_abs, 0.5);
  EXPECT_THAT(pair.values->at, ElementsAre(1));
  EXPECT_TRUE(diff(a.model, a.model).same());
}

TEST(DiffValues, StridesDoNotMatter) {
  HandModel a, b;
  a.add("t", DType::kInt32, {2, 3}, std::vector<int32_t>{1, 2, 3, 4, 5, 6});
  b.add("t", DType::kInt32, {2, 3}, std::vector<int32_t>{1, 4, 2, 5, 3, 6})
      .strides = {1, 2};
  EXPECT_TRUE(diff(a.model, b.model).same());
  b.model.tensors[0].strides = {3, 1};
  auto pair = diff(a.model, b.model).pairs.at(0);
  EXPECT_EQ(pair.values->different, 4u);
  EXPECT_THAT(pair.values->at, ElementsAre(0, 1));
}

TEST(DiffValues, TolerancesAreRelativeToA) {
  std::vector<float> a = {100, 1}, b = {101, 1.5f};
  DiffOptions options;
  options.tolerance = {0, 0.01};
  auto pair = diff_of(DType::kFloat32, a, DType::kFloat32, b, options);
  EXPECT_EQ(pair.values->beyond, 1u);
  options.tolerances = {{"t*", 0.5}};
  pair = diff_of(DType::kFloat32, a, DType::kFloat32, b, options);
  EXPECT_EQ(pair.change, Change::kNone);
  EXPECT_EQ(pair.values->different, 2u);
}

}  // namespace
}  // namespace tsinspect
