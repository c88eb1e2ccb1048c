#include "tsinspect/stats.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "tensor/model_builder.h"
#include "tensor/scalar.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

TensorStats stats_of(Model* model, Tensor tensor,
                     const StatsOptions& options = {}) {
  model->tensors = {std::move(tensor)};
  const uint32_t rows[] = {0};
  return tensor_stats(*model, rows, options)[0];
}

template <typename T>
TensorStats stats_of(DType dtype, const std::vector<T>& values,
                     const StatsOptions& options = {}) {
  Model model = model_of(bytes_of(values));
  return stats_of(
      &model, tensor_of(dtype, {static_cast<int64_t>(values.size())}), options);
}

std::vector<float> normal(size_t count, float mean, float std, int seed = 1) {
  std::mt19937 random(static_cast<uint32_t>(seed));
  std::normal_distribution<float> draw(mean, std);
  std::vector<float> values(count);
  for (float& value : values) value = draw(random);
  return values;
}

// What the definitions say, in long double, in two passes.
struct Reference {
  double min = kInfinity, max = -kInfinity, mean = 0, std = 0, l2 = 0;
  double mean_abs = 0;
  uint64_t zeros = 0;
  size_t min_at = 0, max_at = 0;
};

Reference reference(const std::vector<double>& values) {
  Reference r;
  long double sum = 0, absolute = 0, squares = 0, distances = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    double x = values[i];
    if (x < r.min) r.min = x, r.min_at = i;
    if (x > r.max) r.max = x, r.max_at = i;
    sum += x;
    absolute += std::abs(x);
    squares += static_cast<long double>(x) * x;
    r.zeros += x == 0;
  }
  auto count = static_cast<long double>(values.size());
  long double mean = sum / count;
  for (double x : values) distances += (x - mean) * (x - mean);
  r.mean = static_cast<double>(mean);
  r.std = static_cast<double>(std::sqrt(distances / count));
  r.l2 = static_cast<double>(std::sqrt(squares));
  r.mean_abs = static_cast<double>(absolute / count);
  return r;
}

void expect_close(double got, double want, double scale) {
  EXPECT_LE(std::abs(got - want), 1e-13 * scale) << got << " vs " << want;
}

void expect_equal(const TensorStats& got, const std::vector<double>& values) {
  ASSERT_FALSE(got.error.has_value()) << got.error->what();
  Reference want = reference(values);
  EXPECT_EQ(got.count, values.size());
  EXPECT_EQ(to_double(got.min), want.min);
  EXPECT_EQ(to_double(got.max), want.max);
  EXPECT_EQ(got.min_at, want.min_at);
  EXPECT_EQ(got.max_at, want.max_at);
  EXPECT_EQ(got.zeros, want.zeros);
  // The mean of values that cancel out is as exact as they are.
  expect_close(got.mean, want.mean, want.mean_abs);
  expect_close(got.std, want.std, want.std);
  expect_close(got.l2, want.l2, want.l2);
  expect_close(got.mean_abs, want.mean_abs, want.mean_abs);
}

std::vector<double> doubles(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

TEST(Stats, OfFloat32) {
  for (size_t count : {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 4095, 4096, 4097,
                       300'000, 1'300'000}) {
    auto values = normal(count, 0.5f, 2.0f);
    expect_equal(stats_of(DType::kFloat32, values), doubles(values));
  }
}

// Values whose mean is large beside their spread: the textbook formula for the
// variance loses all its digits here.
TEST(Stats, OfValuesFarFromZero) {
  for (float mean : {1e3f, 1e6f, -1e7f}) {
    auto values = normal(200'000, mean, 1.0f);
    expect_equal(stats_of(DType::kFloat32, values), doubles(values));
  }
  std::vector<double> wide = {1e300, 1e300, -1e300};
  EXPECT_NEAR(stats_of(DType::kFloat64, wide).mean / 1e300, 1.0 / 3, 1e-15);
}

TEST(Stats, OfABlockThatBeginsUnlikeTheRest) {
  auto values = normal(8192, 0.0f, 1e-3f);
  for (size_t i = 0; i < 40; ++i) values[i] = 1e6f;
  expect_equal(stats_of(DType::kFloat32, values), doubles(values));
}

// 2^60 hides everything that a plain sum adds to it.
TEST(Stats, OfSumsThatLoseDigits) {
  std::vector<double> values(10'000, 1.0);
  values[17] = 0x1p60;
  values[9'000] = -0x1p60;
  TensorStats stats = stats_of(DType::kFloat64, values);
  EXPECT_EQ(to_double(stats.min), -0x1p60);
  EXPECT_EQ(stats.min_at, 9'000u);
  std::vector<float> small(1 << 20, 0.1f);
  EXPECT_EQ(stats_of(DType::kFloat32, small).mean, static_cast<double>(0.1f));
  EXPECT_EQ(stats_of(DType::kFloat32, small).std, 0);
}

TEST(Stats, DoNotDependOnTheNumberOfThreads) {
  auto values = normal(3'000'001, 0.1f, 1.0f);
  values[1'234'567] = kInfinity;
  StatsOptions options;
  options.quantiles = true;
  options.histogram_bins = 7;
  options.threads = 1;
  TensorStats one = stats_of(DType::kFloat32, values, options);
  for (uint32_t threads : {2, 3, 7}) {
    options.threads = threads;
    TensorStats many = stats_of(DType::kFloat32, values, options);
    EXPECT_EQ(one.finite.mean, many.finite.mean);
    EXPECT_EQ(one.finite.std, many.finite.std);
    EXPECT_EQ(one.finite.min, many.finite.min);
    EXPECT_EQ(one.max_at, many.max_at);
    EXPECT_EQ(one.quantiles->values, many.quantiles->values);
    EXPECT_EQ(one.histogram->counts, many.histogram->counts);
  }
}

// Random bytes of every dtype, laid out in several ways, against the decoder of
// single elements.
class EveryDType : public ::testing::TestWithParam<int> {};

std::vector<double> finite_elements(const Model& model, const Tensor& tensor,
                                    uint64_t* specials) {
  ElementReader reader(model, tensor);
  std::vector<double> values;
  std::vector<int64_t> index(tensor.shape.size());
  for (uint64_t i = 0; i < tensor.elements(); ++i) {
    uint64_t rest = i;
    for (size_t d = index.size(); d-- > 0;) {
      index[d] = static_cast<int64_t>(rest) % tensor.shape[d];
      rest /= static_cast<uint64_t>(tensor.shape[d]);
    }
    double value = reader.real(index);
    std::isfinite(value) ? values.push_back(value) : void(++*specials);
  }
  return values;
}

TEST_P(EveryDType, AgreesWithSingleElements) {
  auto dtype = static_cast<DType>(GetParam());
  const DTypeInfo& info = dtype_info(dtype);
  std::mt19937 random(7);
  std::string bytes(1 << 17, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  Model model = model_of(bytes);
  Tensor tensor = tensor_of(dtype, {40, 125});
  Quantization per_tensor;
  per_tensor.scheme = "per_tensor_affine";
  per_tensor.scale = 0.03;
  per_tensor.zero_point = 5;
  if (info.type_class == DTypeClass::kQuantized) {
    tensor.details = quantized(per_tensor);
  }
  bool is_packed = info.bits < 8;
  for (bool transposed : {false, true}) {
    if (transposed && is_packed) continue;
    if (transposed) tensor.strides = {1, 40};
    if (!is_packed) tensor.storage_offset = transposed ? 3 : 1;
    if (dtype == DType::kFloat4E2M1FNx2) continue;  // Two values an element.
    uint64_t specials = 0;
    auto values = finite_elements(model, tensor, &specials);
    TensorStats stats = stats_of(&model, tensor);
    ASSERT_FALSE(stats.error.has_value());
    EXPECT_EQ(stats.nan + stats.posinf + stats.neginf, specials);
    Reference want = reference(values);
    EXPECT_EQ(stats.finite.count, values.size());
    EXPECT_EQ(to_double(stats.finite.min), want.min);
    EXPECT_EQ(to_double(stats.finite.max), want.max);
    EXPECT_EQ(stats.zeros, want.zeros);
    // The squares of random float64 overflow.
    if (info.bits >= 64 && info.type_class != DTypeClass::kSigned &&
        info.type_class != DTypeClass::kUnsigned) {
      continue;
    }
    expect_close(stats.finite.mean, want.mean, want.mean_abs);
    expect_close(stats.finite.std, want.std, want.std);
  }
}

INSTANTIATE_TEST_SUITE_P(Stats, EveryDType,
                         ::testing::Range(0, static_cast<int>(DType::kString)),
                         [](const auto& it) {
                           return std::string(
                               dtype_info(static_cast<DType>(it.param)).name);
                         });

TEST(Stats, KeepLargeIntegersExact) {
  std::vector<int64_t> values = {INT64_MAX - 1, INT64_MIN + 1, INT64_MAX};
  TensorStats stats = stats_of(DType::kInt64, values);
  EXPECT_EQ(stats.min, Number(INT64_MIN + 1));
  EXPECT_EQ(stats.max, Number(INT64_MAX));
  EXPECT_EQ(stats.max_at, 2u);
  std::vector<uint64_t> more = {UINT64_MAX, UINT64_MAX - 1};
  EXPECT_EQ(stats_of(DType::kUInt64, more).min, Number(UINT64_MAX - 1));
  std::vector<int8_t> small = {3, -4};
  EXPECT_EQ(stats_of(DType::kInt8, small).min, Number(int64_t{-4}));
}

TEST(Stats, TellTheFirstOfEqualExtremes) {
  std::vector<float> values(10'000, 0.5f);
  values[4'100] = values[9'000] = -1;
  values[5'000] = values[4'099] = 2;
  TensorStats stats = stats_of(DType::kFloat32, values);
  EXPECT_EQ(stats.min_at, 4'100u);
  EXPECT_EQ(stats.max_at, 4'099u);
}

TEST(Stats, OfNaNAreNaNAsInTorch) {
  std::vector<float> values(5'000, 1.0f);
  values[4'500] = static_cast<float>(kNaN);
  values[4'600] = -static_cast<float>(kInfinity);
  TensorStats stats = stats_of(DType::kFloat32, values);
  EXPECT_TRUE(std::isnan(to_double(stats.min)));
  EXPECT_TRUE(std::isnan(to_double(stats.max)));
  EXPECT_EQ(stats.min_at, 4'500u);
  EXPECT_TRUE(std::isnan(stats.mean));
  EXPECT_TRUE(std::isnan(stats.std));
  EXPECT_EQ(stats.nan, 1u);
  EXPECT_EQ(stats.neginf, 1u);
  EXPECT_EQ(stats.finite.count, 4'998u);
  EXPECT_EQ(stats.finite.mean, 1);
  EXPECT_EQ(stats.finite.std, 0);
  EXPECT_THAT(stats.flags, ElementsAre(StatsFlag::kNaN, StatsFlag::kInfinite));
}

TEST(Stats, OfInfinitiesAreAsInTorch) {
  auto inf = static_cast<float>(kInfinity);
  TensorStats one = stats_of(DType::kFloat32, std::vector{1.0f, inf, inf});
  EXPECT_EQ(to_double(one.min), 1);
  EXPECT_EQ(to_double(one.max), kInfinity);
  EXPECT_EQ(one.max_at, 1u);
  EXPECT_EQ(one.mean, kInfinity);
  EXPECT_TRUE(std::isnan(one.std));
  TensorStats both = stats_of(DType::kFloat32, std::vector{-inf, 0.0f, inf});
  EXPECT_TRUE(std::isnan(both.mean));
  EXPECT_EQ(both.min_at, 0u);
  TensorStats only = stats_of(DType::kFloat32, std::vector{inf, inf});
  EXPECT_EQ(to_double(only.min), kInfinity);
  EXPECT_EQ(only.finite.count, 0u);
}

TEST(Stats, CountZerosAndSubnormals) {
  std::vector<float> values = {0.0f, -0.0f, 1e-40f, -1e-45f, 1e-37f};
  TensorStats stats = stats_of(DType::kFloat32, values);
  EXPECT_EQ(stats.zeros, 2u);
  EXPECT_EQ(stats.subnormals, 2u);
  // 0, the least and the greatest subnormal of float16, and the least normal.
  std::vector<uint16_t> halves = {0, 1, 0x3ff, 0x8400};
  EXPECT_EQ(stats_of(DType::kFloat16, halves).subnormals, 2u);
}

TEST(Stats, OfFloat4CountTwoValuesAnElement) {
  // 1 and 6 in the first byte, -0.5 and 0 in the second.
  std::vector<uint8_t> values = {0x72, 0x09};
  TensorStats stats = stats_of(DType::kFloat4E2M1FNx2, values);
  EXPECT_EQ(stats.count, 4u);
  EXPECT_EQ(to_double(stats.min), -0.5);
  EXPECT_EQ(stats.min_at, 2u);
  EXPECT_EQ(stats.max_at, 1u);
  EXPECT_EQ(stats.zeros, 1u);
}

TEST(Stats, DequantizeByChannel) {
  Quantization q;
  q.scheme = "per_channel_affine";
  q.axis = 1;
  q.scales = {1, 10};
  q.zero_points = {0, 2};
  Model model = model_of(std::string("\1\2\3\4", 4));
  Tensor tensor = tensor_of(DType::kQInt8, {2, 2});
  tensor.details = quantized(q);
  TensorStats stats = stats_of(&model, tensor);
  EXPECT_EQ(to_double(stats.max), 20);  // (4 - 2) * 10
  EXPECT_EQ(stats.mean, 6);             // 1, 0, 3, 20
}

TEST(Stats, ListFewDistinctValues) {
  std::vector<float> values(100'000, 2.0f);
  values[99'999] = -1;
  values[0] = 0.25f;
  EXPECT_THAT(stats_of(DType::kFloat32, values).unique,
              ElementsAre(Number(-1.0), Number(0.25), Number(2.0)));
  EXPECT_THAT(stats_of(DType::kFloat32, normal(17, 0, 1)).unique, IsEmpty());
  EXPECT_EQ(stats_of(DType::kFloat32, normal(16, 0, 1)).unique.size(), 16u);
}

double quantile(std::vector<float> values, double q) {
  std::ranges::sort(values);
  double at = q * static_cast<double>(values.size() - 1);
  auto low = static_cast<size_t>(at);
  size_t high = std::min(low + 1, values.size() - 1);
  double share = at - static_cast<double>(low);
  return values[low] +
         share * (static_cast<double>(values[high]) - values[low]);
}

TEST(Stats, QuantilesAreExactOfUpToAMillionValues) {
  StatsOptions options;
  options.quantiles = true;
  for (size_t count : {1, 2, 3, 100, 5'000, 1'048'576}) {
    auto values = normal(count, 1.0f, 3.0f);
    auto got = stats_of(DType::kFloat32, values, options).quantiles;
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(got->error, 0);
    for (size_t i = 0; i < kQuantiles.size(); ++i) {
      EXPECT_DOUBLE_EQ(got->values[i], quantile(values, kQuantiles[i]));
    }
  }
}

TEST(Stats, QuantilesOfMoreAreWithinTheirError) {
  StatsOptions options;
  options.quantiles = true;
  auto values = normal(2'000'000, 0.5f, 3.0f);
  auto got = stats_of(DType::kFloat32, values, options).quantiles;
  ASSERT_TRUE(got.has_value());
  EXPECT_LE(got->error, 0.01);
  for (size_t i = 0; i < kQuantiles.size(); ++i) {
    double want = quantile(values, kQuantiles[i]);
    EXPECT_LE(std::abs(got->values[i] - want), got->error * std::abs(want));
  }
}

TEST(Stats, HistogramCountsEveryFiniteValue) {
  StatsOptions options;
  options.histogram_bins = 4;
  auto inf = static_cast<float>(kInfinity);
  std::vector<float> values = {0, 0.9f, 1, 1.5f, 3.9f, 4, inf};
  auto got = stats_of(DType::kFloat32, values, options).histogram;
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->min, 0);
  EXPECT_EQ(got->max, 4);
  EXPECT_THAT(got->counts, ElementsAre(2, 2, 0, 2));
  std::vector<float> equal(5, 3.0f);
  EXPECT_THAT(stats_of(DType::kFloat32, equal, options).histogram->counts,
              ElementsAre(5, 0, 0, 0));
}

TEST(Stats, ChannelsThatAreDeadOrUnlikeTheOthers) {
  auto values = normal(6 * 100, 0, 1);
  std::fill_n(values.begin() + 200, 100, 0.0f);
  std::fill_n(values.begin() + 300, 100, 7.0f);
  for (size_t i = 500; i < 600; ++i) values[i] *= 100;
  Model model = model_of(bytes_of(values));
  StatsOptions options;
  options.channels = true;
  TensorStats stats =
      stats_of(&model, tensor_of(DType::kFloat32, {6, 10, 10}), options);
  ASSERT_TRUE(stats.channels.has_value());
  EXPECT_EQ(stats.channels->count, 6u);
  EXPECT_THAT(stats.channels->dead, ElementsAre(2, 3));
  EXPECT_THAT(stats.channels->outliers, ElementsAre(5));
  EXPECT_THAT(stats.flags, ElementsAre(StatsFlag::kDeadChannels));
}

TEST(Stats, OfNothing) {
  Model model = model_of("");
  TensorStats stats = stats_of(&model, tensor_of(DType::kFloat32, {0, 3}));
  EXPECT_EQ(stats.count, 0u);
  EXPECT_TRUE(stats.is_finite());
  EXPECT_THAT(stats.flags, IsEmpty());
}

TEST(Stats, OfTextAreOnlyACount) {
  Model model = model_of(std::string(24, 'a'));
  Tensor tensor = tensor_of(DType::kOpaque, {2});
  tensor.details = opaque("<U3", 12);
  TensorStats stats = stats_of(&model, tensor);
  EXPECT_FALSE(stats.is_numeric);
  EXPECT_EQ(stats.count, 2u);
}

TEST(Stats, OfATensorThatCannotBeReadAreAnError) {
  Model model = model_of("abcd");
  TensorStats stats = stats_of(&model, tensor_of(DType::kInt8, {5}));
  ASSERT_TRUE(stats.error.has_value());
  EXPECT_EQ(stats.error->kind(), ErrorKind::kMalformed);
}

TEST(Stats, FlagWhatIsUnlikeItsSiblings) {
  auto values = normal(5 * 100, 0, 1);
  for (size_t i = 300; i < 400; ++i) values[i] *= 1000;
  std::fill_n(values.begin() + 400, 100, 0.0f);
  Model model = model_of(bytes_of(values));
  std::vector<uint32_t> rows;
  for (uint32_t i = 0; i < 5; ++i) {
    Tensor tensor = tensor_of(DType::kFloat32, {100});
    tensor.name = "layer" + std::to_string(i) + ".weight";
    tensor.storage_offset = i * 100;
    model.tensors.push_back(tensor);
    rows.push_back(i);
  }
  model.tensors.push_back(model.tensors[4]);
  model.tensors.back().name = "bn.running_var";
  rows.push_back(5);
  auto stats = tensor_stats(model, rows);
  EXPECT_THAT(stats[0].flags, IsEmpty());
  EXPECT_THAT(stats[3].flags, ElementsAre(StatsFlag::kScale));
  EXPECT_THAT(stats[4].flags, ElementsAre(StatsFlag::kAllZero));
  EXPECT_THAT(stats[5].flags,
              ElementsAre(StatsFlag::kAllZero, StatsFlag::kVariance));
  EXPECT_EQ(first_not_finite(rows, stats), kNoIndex);
}

}  // namespace
}  // namespace tsinspect
