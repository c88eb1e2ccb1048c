// Floating-point layouts of up to 16 bits, high bit first:
//
//   float16           s eeeee mmmmmmmmmm     bias 15
//   bfloat16          s eeeeeeee mmmmmmm     bias 127
//   float8_e4m3fn     s eeee mmm             bias 7, no inf, NaN 0x7f 0xff
//   float8_e4m3fnuz   s eeee mmm             bias 8, no inf, NaN 0x80, no -0
//   float8_e5m2       s eeeee mm             bias 15, as IEEE 754
//   float8_e5m2fnuz   s eeeee mm             bias 16, no inf, NaN 0x80, no -0
//   float8_e8m0fnu    eeeeeeee               2^(e - 127), NaN 0xff
//   float4_e2m1fn     s ee m                 bias 1, no inf, no NaN
//
// Sources: the OCP 8-bit floating point and microscaling (MX) formats
// specifications 1.0; c10/util/Float8_*.h and BFloat16.h of torch 2.13.

#include "tensor/scalar.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace tsinspect {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// What the codes with all exponent bits, or the code of -0, stand for.
enum class Specials : uint8_t {
  kIeee,         // The top exponent is infinity and NaN.
  kOnlyNaN,      // All bits but the sign set: NaN.
  kUnsignedNaN,  // -0 is NaN.
  kNone,
};

struct SmallFloat {
  uint8_t exponent_bits, mantissa_bits;
  int16_t bias;
  Specials specials;
};

template <typename T>
T load(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

// The number of `bits` bits that a code's low ones are in two's complement.
double sign_extended(uint8_t code, int bits) {
  int shift = 8 - bits;
  return static_cast<int8_t>(code << shift) >> shift;
}

double decode(SmallFloat f, uint32_t code) {
  uint32_t sign = code >> (f.exponent_bits + f.mantissa_bits) & 1;
  uint32_t top = (1u << f.exponent_bits) - 1;
  uint32_t exponent = code >> f.mantissa_bits & top;
  uint32_t mantissa = code & ((1u << f.mantissa_bits) - 1);
  bool all_set = exponent == top && mantissa + 1 == 1u << f.mantissa_bits;
  if (f.specials == Specials::kIeee && exponent == top) {
    if (mantissa != 0) return kNaN;
    return sign != 0 ? -kInfinity : kInfinity;
  }
  if (f.specials == Specials::kOnlyNaN && all_set) return kNaN;
  if (f.specials == Specials::kUnsignedNaN && sign != 0 && exponent == 0 &&
      mantissa == 0) {
    return kNaN;
  }
  int scale = (exponent == 0 ? 1 : static_cast<int>(exponent)) - f.bias -
              f.mantissa_bits;
  uint32_t hidden = exponent == 0 ? 0 : 1u << f.mantissa_bits;
  double value = std::ldexp(mantissa + hidden, scale);
  return sign != 0 ? -value : value;
}

// The value of `code`, for a dtype whose codes have up to 16 bits.
double decode_code(DType dtype, uint32_t code) {
  switch (dtype) {
    case DType::kFloat16:
      return decode({5, 10, 15, Specials::kIeee}, code);
    case DType::kBFloat16:
      return decode({8, 7, 127, Specials::kIeee}, code);
    case DType::kFloat8E4M3FN:
      return decode({4, 3, 7, Specials::kOnlyNaN}, code);
    case DType::kFloat8E4M3FNUZ:
      return decode({4, 3, 8, Specials::kUnsignedNaN}, code);
    case DType::kFloat8E5M2:
      return decode({5, 2, 15, Specials::kIeee}, code);
    case DType::kFloat8E5M2FNUZ:
      return decode({5, 2, 16, Specials::kUnsignedNaN}, code);
    case DType::kFloat8E8M0FNU:
      return code == 0xff ? kNaN
                          : std::ldexp(1.0, static_cast<int>(code) - 127);
    default:
      return decode({2, 1, 1, Specials::kNone}, code & 0xf);
  }
}

// Fewest digits that are nearer to `code`'s value than to the next ones'.
std::string shortest(DType dtype, uint32_t code, uint32_t codes) {
  double value = decode_code(dtype, code);
  if (std::isnan(value)) return "nan";
  // Whole numbers keep all their digits, as NumPy and torch write them.
  constexpr double kExactBelow = 1e16;
  bool is_whole = std::trunc(value) == value && std::abs(value) < kExactBelow;
  if (std::isinf(value) || is_whole) return fmt::format("{}", value);
  double gap = kInfinity;
  for (uint32_t next : {code - 1, code + 1}) {
    double other = decode_code(dtype, next & (codes - 1));
    double distance = std::abs(other - value);
    if (std::isfinite(distance) && distance > 0) gap = std::min(gap, distance);
  }
  for (int digits = 1; digits < 17; ++digits) {
    std::string text = fmt::format("{:.{}g}", value, digits);
    double parsed = std::strtod(text.c_str(), nullptr);
    // Written again, so that all dtypes share one style.
    if (std::abs(parsed - value) < gap / 2) return fmt::format("{}", parsed);
  }
  return fmt::format("{}", value);
}

}  // namespace

DType part_dtype(DType dtype) {
  switch (dtype) {
    case DType::kComplex32:
      return DType::kFloat16;
    case DType::kComplex64:
      return DType::kFloat32;
    case DType::kComplex128:
      return DType::kFloat64;
    default:
      return dtype;
  }
}

double decode_real(DType dtype, const std::byte* bytes) {
  switch (part_dtype(dtype)) {
    case DType::kBool:
      return load<uint8_t>(bytes) != 0;
    case DType::kUInt8:
    case DType::kQUInt8:
    case DType::kQUInt4x2:
    case DType::kQUInt2x4:
    case DType::kUInt2:
    case DType::kUInt4:
      return load<uint8_t>(bytes);
    case DType::kInt2:
      return sign_extended(load<uint8_t>(bytes), 2);
    case DType::kInt4:
      return sign_extended(load<uint8_t>(bytes), 4);
    case DType::kUInt16:
      return load<uint16_t>(bytes);
    case DType::kUInt32:
      return load<uint32_t>(bytes);
    case DType::kUInt64:
      return static_cast<double>(load<uint64_t>(bytes));
    case DType::kInt8:
    case DType::kQInt8:
      return load<int8_t>(bytes);
    case DType::kInt16:
      return load<int16_t>(bytes);
    case DType::kInt32:
    case DType::kQInt32:
      return load<int32_t>(bytes);
    case DType::kInt64:
      return static_cast<double>(load<int64_t>(bytes));
    case DType::kFloat16:
    case DType::kBFloat16:
      return decode_code(part_dtype(dtype), load<uint16_t>(bytes));
    case DType::kFloat32:
      return static_cast<double>(load<float>(bytes));
    case DType::kFloat64:
      return load<double>(bytes);
    case DType::kString:
    case DType::kOpaque:
      return kNaN;
    default:
      return decode_code(dtype, load<uint8_t>(bytes));
  }
}

std::string decode_text(DType dtype, const std::byte* bytes) {
  DType part = part_dtype(dtype);
  switch (part) {
    case DType::kBool:
      return load<uint8_t>(bytes) != 0 ? "True" : "False";
    case DType::kUInt64:
      return fmt::format("{}", load<uint64_t>(bytes));
    case DType::kInt64:
      return fmt::format("{}", load<int64_t>(bytes));
    case DType::kFloat16:
    case DType::kBFloat16:
      return shortest(part, load<uint16_t>(bytes), 0x10000);
    case DType::kFloat32:
      // The sign of a NaN says nothing.
      if (std::isnan(load<float>(bytes))) return "nan";
      return fmt::format("{}", load<float>(bytes));
    case DType::kFloat64:
      if (std::isnan(load<double>(bytes))) return "nan";
      return fmt::format("{}", load<double>(bytes));
    case DType::kFloat4E2M1FN:
    case DType::kFloat4E2M1FNx2:
      return shortest(part, load<uint8_t>(bytes) & 0xf, 0x10);
    default:
      break;
  }
  if (dtype_info(part).type_class == DTypeClass::kFloat) {
    return shortest(part, load<uint8_t>(bytes), 0x100);
  }
  return fmt::format("{}", decode_real(part, bytes));
}

}  // namespace tsinspect
