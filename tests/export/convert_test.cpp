// Rounding, held against a search among all values of the dtype.

#include "export/convert.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "tensor/scalar.h"

namespace tsinspect {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Tensor vector_of(DType dtype, size_t count) {
  Tensor tensor;
  tensor.name = "weight";
  tensor.dtype = dtype;
  tensor.shape = {static_cast<int64_t>(count)};
  tensor.strides = {1};
  return tensor;
}

struct Converted {
  std::vector<std::byte> bytes;
  uint64_t overflowed = 0;
};

template <typename T>
Converted convert(DType from, const std::vector<T>& values, DType to) {
  Tensor tensor = vector_of(from, values.size());
  Converter converter(tensor, to);
  Converted result;
  converter.convert(std::as_bytes(std::span(values)), &result.bytes);
  result.overflowed = converter.overflowed();
  return result;
}

uint32_t code_at(const Converted& result, size_t i, size_t size) {
  uint32_t code = 0;
  std::memcpy(&code, result.bytes.data() + i * size, size);
  return code;
}

// Code of the value of `dtype` nearest to the finite `value`, by looking at all
// of them; of two the even one. What lies half a step or more beyond the
// largest gives `overflow`.
struct Reference {
  explicit Reference(DType dtype) : bits(dtype_info(dtype).bits) {
    for (uint32_t code = 0; code < 1u << (bits - 1); ++code) {
      std::byte bytes[2] = {std::byte(code), std::byte(code >> 8)};
      double value = decode_real(dtype, bytes);
      if (!std::isfinite(value)) break;
      values.push_back(value);
    }
  }

  // Without the sign; values.size() for what is too large.
  uint32_t nearest(double value) const {
    double last = values.back();
    double beyond = last + (last - values[values.size() - 2]);
    auto above = std::lower_bound(values.begin(), values.end(), value);
    auto at = static_cast<uint32_t>(above - values.begin());
    double up = above == values.end() ? beyond : *above;
    if (value >= beyond) return static_cast<uint32_t>(values.size());
    if (at == 0) return 0;
    double down = values[at - 1];
    // Both differences are exact: the three are near each other, or tiny.
    if (value - down < up - value) return at - 1;
    if (value - down > up - value) return at;
    return at % 2 == 0 ? at : at - 1;
  }

  uint32_t bits;
  std::vector<double> values;  // Ascending from 0, as their codes are.
};

class SmallFloats : public testing::TestWithParam<DType> {};

INSTANTIATE_TEST_SUITE_P(
    All, SmallFloats,
    testing::Values(DType::kFloat16, DType::kBFloat16, DType::kFloat8E4M3FN,
                    DType::kFloat8E4M3FNUZ, DType::kFloat8E5M2,
                    DType::kFloat8E5M2FNUZ),
    [](const auto& info) { return std::string(dtype_info(info.param).name); });

// Every value, every middle between two, and what is just beside those.
std::vector<double> interesting(const Reference& reference) {
  std::vector<double> values;
  for (size_t i = 0; i + 1 < reference.values.size(); ++i) {
    double low = reference.values[i], high = reference.values[i + 1];
    double middle = low + (high - low) / 2;
    for (double value : {low, middle, std::nextafter(middle, 0.0),
                         std::nextafter(middle, kInfinity)}) {
      values.push_back(value);
    }
  }
  double last = reference.values.back();
  double half_step = (last - reference.values[reference.values.size() - 2]) / 2;
  for (double value :
       {last, last + half_step, std::nextafter(last + half_step, 0.0),
        std::nextafter(last + half_step, kInfinity), last + 2 * half_step,
        2 * last, 1e300, std::numeric_limits<double>::max(),
        std::numeric_limits<double>::denorm_min()}) {
    values.push_back(value);
  }
  return values;
}

template <typename T>
void check_all(DType from, DType to, const std::vector<T>& values) {
  Reference reference(to);
  size_t size = reference.bits / 8;
  uint32_t sign = 1u << (reference.bits - 1);
  bool unsigned_nan =
      to == DType::kFloat8E4M3FNUZ || to == DType::kFloat8E5M2FNUZ;
  std::vector<T> both = values;
  for (T value : values) both.push_back(-value);
  Converted result = convert(from, both, to);
  uint64_t overflowed = 0;
  for (size_t i = 0; i < both.size(); ++i) {
    uint32_t want = reference.nearest(std::abs(static_cast<double>(both[i])));
    bool too_large = want == reference.values.size();
    overflowed += too_large;
    if (unsigned_nan && too_large) {
      want = sign;
    } else if (std::signbit(both[i]) && !(unsigned_nan && want == 0)) {
      want |= sign;
    }
    ASSERT_EQ(code_at(result, i, size), want) << "of " << both[i];
  }
  EXPECT_EQ(result.overflowed, overflowed);
}

TEST_P(SmallFloats, RoundFloat64ToTheNearestAndTiesToEven) {
  check_all(DType::kFloat64, GetParam(), interesting(Reference(GetParam())));
}

TEST_P(SmallFloats, RoundFloat32ToTheNearestAndTiesToEven) {
  std::vector<float> values;
  for (double value : interesting(Reference(GetParam()))) {
    auto narrow = static_cast<float>(value);
    if (!std::isfinite(narrow)) continue;
    values.push_back(narrow);
    values.push_back(std::nextafter(narrow, 0.0f));
  }
  check_all(DType::kFloat32, GetParam(), values);
}

TEST_P(SmallFloats, RoundRandomBits) {
  std::mt19937 random(20240601);
  std::vector<float> values;
  while (values.size() < 100'000) {
    auto value = std::bit_cast<float>(static_cast<uint32_t>(random()) >> 1);
    if (std::isfinite(value)) values.push_back(value);
  }
  check_all(DType::kFloat32, GetParam(), values);
}

TEST_P(SmallFloats, SurviveTheWayToFloat32AndBack) {
  DType dtype = GetParam();
  uint32_t bits = dtype_info(dtype).bits;
  std::vector<std::byte> codes;
  for (uint32_t code = 0; code < 1u << bits; ++code) {
    codes.push_back(std::byte(code));
    if (bits == 16) codes.push_back(std::byte(code >> 8));
  }
  Tensor tensor = vector_of(dtype, size_t{1} << bits);
  Converter widen(tensor, DType::kFloat32);
  std::vector<std::byte> wide;
  widen.convert(codes, &wide);
  std::vector<float> values(size_t{1} << bits);
  ASSERT_EQ(wide.size(), values.size() * sizeof(float));
  std::memcpy(values.data(), wide.data(), wide.size());
  Converted back = convert(DType::kFloat32, values, dtype);
  for (uint32_t code = 0; code < values.size(); ++code) {
    if (std::isnan(values[code])) continue;
    ASSERT_EQ(code_at(back, code, bits / 8), code) << values[code];
  }
}

TEST_P(SmallFloats, KeepNaN) {
  for (double nan : {kNaN, -kNaN}) {
    Converted result = convert<double>(DType::kFloat64, {nan}, GetParam());
    EXPECT_TRUE(std::isnan(decode_real(GetParam(), result.bytes.data())));
    EXPECT_EQ(result.overflowed, 0u);
  }
}

TEST_P(SmallFloats, CountInfinityOnlyWhereTheyHaveNone) {
  Converted result =
      convert<double>(DType::kFloat64, {kInfinity, -kInfinity}, GetParam());
  double value = decode_real(GetParam(), result.bytes.data());
  EXPECT_EQ(result.overflowed, std::isinf(value) ? 0u : 2u);
  EXPECT_TRUE(std::isinf(value) || std::isnan(value));
}

TEST(Converter, RoundsFloat64ToFloat32AndCountsWhatIsTooLarge) {
  Converted result = convert<double>(
      DType::kFloat64, {0.1, 1e39, -1e39, kInfinity, kNaN}, DType::kFloat32);
  float values[5];
  ASSERT_EQ(result.bytes.size(), sizeof values);
  std::memcpy(values, result.bytes.data(), sizeof values);
  EXPECT_EQ(values[0], 0.1f);
  EXPECT_EQ(values[1], kInfinity);
  EXPECT_EQ(values[2], -kInfinity);
  EXPECT_EQ(values[3], kInfinity);
  EXPECT_TRUE(std::isnan(values[4]));
  EXPECT_EQ(result.overflowed, 2u);
}

TEST(Converter, RoundsFloat64OnceNotByWayOfFloat32) {
  // Just above the middle of two values of float16, by less than float32 has.
  double value = 1 + 0x1p-11 + 0x1p-40;
  Converted result = convert<double>(DType::kFloat64, {value}, DType::kFloat16);
  EXPECT_EQ(code_at(result, 0, 2), 0x3c01u);
}

TEST(Converter, KeepsFloat32sNaNInBFloat16WhateverItsPayload) {
  for (uint32_t bits : {0x7f800001u, 0xff800001u, 0x7fffffffu, 0xffffffffu}) {
    Converted result =
        convert<uint32_t>(DType::kFloat32, {bits}, DType::kBFloat16);
    EXPECT_TRUE(std::isnan(decode_real(DType::kBFloat16, result.bytes.data())));
    EXPECT_EQ(code_at(result, 0, 2) >> 15, bits >> 31);
  }
}

TEST(Converter, DequantizesPerChannelAcrossPieces) {
  Tensor tensor = vector_of(DType::kQInt8, 0);
  tensor.shape = {2, 2, 2};
  tensor.strides = {4, 2, 1};
  TensorDetails details;
  details.quantization = Quantization{.scheme = "per_channel_affine",
                                      .axis = 1,
                                      .scales = {0.5, 2},
                                      .zero_points = {1, -3}};
  tensor.details = std::make_shared<TensorDetails>(details);
  Converter converter(tensor, DType::kFloat32);
  std::vector<int8_t> codes = {-128, 1, 2, 3, 4, 5, 6, 127};
  std::vector<float> got;
  for (size_t at = 0; at < codes.size(); at += 3) {
    std::vector<std::byte> out;
    auto piece = std::span(codes).subspan(at);
    converter.convert(
        std::as_bytes(piece.first(std::min<size_t>(piece.size(), 3))), &out);
    for (size_t i = 0; i < out.size(); i += 4) {
      std::memcpy(&got.emplace_back(), out.data() + i, 4);
    }
  }
  std::vector<float> want = {-64.5f, 0, 10, 12, 1.5f, 2, 18, 260};
  EXPECT_EQ(got, want);
}

TEST(Converter, RefusesWhatHasNoNumbers) {
  Tensor ints = vector_of(DType::kInt64, 1);
  EXPECT_THROW(Converter(ints, DType::kFloat32), Error);
  Tensor floats = vector_of(DType::kFloat32, 1);
  EXPECT_THROW(Converter(floats, DType::kInt8), Error);
  EXPECT_THROW(Converter(floats, DType::kFloat8E8M0FNU), Error);
  Tensor no_scale = vector_of(DType::kQInt8, 1);
  EXPECT_THROW(Converter(no_scale, DType::kFloat32), Error);
}

TEST(Converter, PackedIntegersBecomeWholeBytes) {
  Tensor tensor = vector_of(DType::kInt4, 3);
  Converter converter(tensor, DType::kInt8);
  std::vector<std::byte> out;
  // 1, -1; 7, and what fills the last byte up.
  const std::byte packed[] = {std::byte(0xf1), std::byte(0xf7)};
  converter.convert(packed, &out);
  EXPECT_EQ(out, (std::vector<std::byte>{std::byte(1), std::byte(0xff),
                                         std::byte(7)}));
  EXPECT_EQ(converter.overflowed(), 0u);
}

TEST(Converter, PackedIntegersBecomeFloats) {
  Tensor tensor = vector_of(DType::kUInt2, 4);
  Converter converter(tensor, DType::kFloat32);
  std::vector<std::byte> out;
  const std::byte packed[] = {std::byte(0b11100100)};
  converter.convert(packed, &out);
  ASSERT_EQ(out.size(), 16u);
  for (uint32_t i = 0; i < 4; ++i) {
    float value;
    std::memcpy(&value, &out[4 * i], sizeof value);
    EXPECT_EQ(value, static_cast<float>(i));
  }
}

TEST(Converter, WhatDoesNotFitAnIntegerIsTheNearestThatDoes) {
  Tensor tensor = vector_of(DType::kInt4, 2);
  Converter converter(tensor, DType::kUInt8);
  std::vector<std::byte> out;
  const std::byte packed[] = {std::byte(0x5f)};  // -1, 5
  converter.convert(packed, &out);
  EXPECT_EQ(out, (std::vector<std::byte>{std::byte(0), std::byte(5)}));
  EXPECT_EQ(converter.overflowed(), 1u);
}

}  // namespace
}  // namespace tsinspect
