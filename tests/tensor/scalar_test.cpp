#include "tensor/scalar.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace tsinspect {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Code {
  DType dtype;
  uint16_t code;
  double value;
  const char* text;
};

// What torch 2.13 gives for these codes; all 132,352 were compared once.
constexpr Code kCodes[] = {
    {DType::kFloat8E4M3FN, 0x00, 0, "0"},
    {DType::kFloat8E4M3FN, 0x80, -0.0, "-0"},
    {DType::kFloat8E4M3FN, 0x01, 0x1p-9, "0.002"},
    {DType::kFloat8E4M3FN, 0x38, 1, "1"},
    {DType::kFloat8E4M3FN, 0x7e, 448, "448"},
    {DType::kFloat8E4M3FN, 0x7f, kNaN, "nan"},
    {DType::kFloat8E4M3FN, 0xff, kNaN, "nan"},
    {DType::kFloat8E4M3FNUZ, 0x80, kNaN, "nan"},
    {DType::kFloat8E4M3FNUZ, 0x7f, 240, "240"},
    {DType::kFloat8E4M3FNUZ, 0x40, 1, "1"},
    {DType::kFloat8E5M2, 0x7b, 57344, "57344"},
    {DType::kFloat8E5M2, 0x7c, kInf, "inf"},
    {DType::kFloat8E5M2, 0xfc, -kInf, "-inf"},
    {DType::kFloat8E5M2, 0x7d, kNaN, "nan"},
    {DType::kFloat8E5M2FNUZ, 0x80, kNaN, "nan"},
    {DType::kFloat8E5M2FNUZ, 0x7f, 57344, "57344"},
    {DType::kFloat8E8M0FNU, 0x00, 0x1p-127, "6e-39"},
    {DType::kFloat8E8M0FNU, 0x7f, 1, "1"},
    {DType::kFloat8E8M0FNU, 0xfe, 0x1p127, "2e+38"},
    {DType::kFloat8E8M0FNU, 0xff, kNaN, "nan"},
    {DType::kFloat16, 0x0001, 0x1p-24, "6e-08"},
    {DType::kFloat16, 0x2e66, 0.0999755859375, "0.1"},
    {DType::kFloat16, 0x7bff, 65504, "65504"},
    {DType::kFloat16, 0x7c00, kInf, "inf"},
    {DType::kFloat16, 0xfe00, kNaN, "nan"},
    {DType::kBFloat16, 0x3dcd, 0.10009765625, "0.1"},
    {DType::kBFloat16, 0xff80, -kInf, "-inf"},
    {DType::kBFloat16, 0x7fc0, kNaN, "nan"},
    {DType::kFloat4E2M1FNx2, 0x07, 6, "6"},
    {DType::kFloat4E2M1FNx2, 0x79, -0.5, "-0.5"},
};

TEST(Scalar, DecodesSmallFloats) {
  for (const Code& row : kCodes) {
    const char* name = dtype_info(row.dtype).name;
    const auto* bytes = reinterpret_cast<const std::byte*>(&row.code);
    double value = decode_real(row.dtype, bytes);
    if (std::isnan(row.value)) {
      EXPECT_TRUE(std::isnan(value)) << name << " " << row.code;
    } else {
      EXPECT_EQ(value, row.value) << name << " " << row.code;
      EXPECT_EQ(std::signbit(value), std::signbit(row.value)) << name;
    }
    EXPECT_EQ(decode_text(row.dtype, bytes), row.text) << name;
  }
}

template <typename T>
std::string text(DType dtype, T value) {
  return decode_text(dtype, reinterpret_cast<const std::byte*>(&value));
}

TEST(Scalar, WritesIntegersInFull) {
  EXPECT_EQ(text(DType::kInt64, INT64_MIN), "-9223372036854775808");
  EXPECT_EQ(text(DType::kUInt64, UINT64_MAX), "18446744073709551615");
  EXPECT_EQ(text(DType::kInt8, int8_t{-5}), "-5");
  EXPECT_EQ(text(DType::kUInt32, UINT32_MAX), "4294967295");
  EXPECT_EQ(text(DType::kQInt32, -7), "-7");
}

TEST(Scalar, WritesBoolsAsPython) {
  EXPECT_EQ(text(DType::kBool, uint8_t{0}), "False");
  EXPECT_EQ(text(DType::kBool, uint8_t{1}), "True");
  EXPECT_EQ(text(DType::kBool, uint8_t{0xff}), "True");
}

TEST(Scalar, WritesFloatsWithTheFewestDigits) {
  EXPECT_EQ(text(DType::kFloat32, 0.1f), "0.1");
  EXPECT_EQ(text(DType::kFloat64, 0.1), "0.1");
  EXPECT_EQ(text(DType::kFloat32, 1e-8f), "1e-08");
  EXPECT_EQ(text(DType::kFloat32, -0.0f), "-0");
  EXPECT_EQ(text(DType::kFloat64, -kNaN), "nan");
  EXPECT_EQ(text(DType::kFloat64, -kInf), "-inf");
}

TEST(Scalar, TakesTheRealPartOfComplexValues) {
  EXPECT_EQ(text(DType::kComplex128, 2.5), "2.5");
  EXPECT_EQ(part_dtype(DType::kComplex32), DType::kFloat16);
  EXPECT_EQ(part_dtype(DType::kInt8), DType::kInt8);
}

}  // namespace
}  // namespace tsinspect
