#include "export/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/printable.h"
#include "tensor/scalar.h"

namespace tsinspect {
namespace {

// Values on their way through double precision, which holds all others exactly.
constexpr size_t kPiece = 2048;

// Floating-point layouts of up to 16 bits; scalar.cpp draws them.
struct SmallFloat {
  int exponent_bits, mantissa_bits, bias;
  bool has_infinity;
  bool has_negative_zero;  // Else its code is the only NaN.

  constexpr int sign_at() const { return exponent_bits + mantissa_bits; }
  constexpr uint32_t top() const {
    return ((1u << exponent_bits) - 1) << mantissa_bits;
  }
  constexpr uint32_t quiet_nan() const {
    if (!has_negative_zero) return 1u << sign_at();
    return has_infinity ? top() | 1u << (mantissa_bits - 1)
                        : (1u << sign_at()) - 1;
  }
  // The first code, without the sign, that is no number any more.
  constexpr uint32_t first_overflow() const {
    return has_infinity ? top() : quiet_nan();
  }
};

constexpr SmallFloat kHalf = {5, 10, 15, true, true};
constexpr SmallFloat kBrain = {8, 7, 127, true, true};
constexpr SmallFloat kE4M3FN = {4, 3, 7, false, true};
constexpr SmallFloat kE4M3FNUZ = {4, 3, 8, false, false};
constexpr SmallFloat kE5M2 = {5, 2, 15, true, true};
constexpr SmallFloat kE5M2FNUZ = {5, 2, 16, false, false};

// `value` rounded to a whole number; it is less than 2^51 and not negative.
inline double round_even(double value) {
  constexpr double kWhole = 0x1p52;  // From here on, doubles are whole.
  return value + kWhole - kWhole;
}

// The code of the number nearest to `value`.
template <SmallFloat F>
inline uint32_t encode(double value, uint64_t* overflowed) {
  auto bits = std::bit_cast<uint64_t>(value);
  uint32_t sign = static_cast<uint32_t>(bits >> 63) << F.sign_at();
  if (value != value)
    return F.has_negative_zero ? F.quiet_nan() | sign : F.quiet_nan();
  constexpr uint64_t kMagnitude = UINT64_MAX >> 1;
  double magnitude = std::bit_cast<double>(bits & kMagnitude);
  // Below the smallest normal number, all have its exponent.
  int exponent =
      std::max(static_cast<int>((bits & kMagnitude) >> 52) - 1023, 1 - F.bias);
  uint32_t code = F.first_overflow();
  if (exponent <= F.bias + 1) {
    auto unit = static_cast<uint64_t>(1023 + F.mantissa_bits - exponent) << 52;
    double units = round_even(magnitude * std::bit_cast<double>(unit));
    // The hidden bit of `units` adds the one that is missing in the exponent,
    // and so does a carry.
    code = (static_cast<uint32_t>(exponent + F.bias - 1) << F.mantissa_bits) +
           static_cast<uint32_t>(units);
  }
  if (code >= F.first_overflow()) {
    *overflowed += !(std::isinf(value) && F.has_infinity);
    return F.has_negative_zero ? sign | F.first_overflow() : F.quiet_nan();
  }
  if (!F.has_negative_zero && code == 0) return 0;
  return sign | code;
}

template <SmallFloat F, typename Code>
uint64_t encode_all(const double* in, size_t count, std::byte* out) {
  uint64_t overflowed = 0;
  for (size_t i = 0; i < count; ++i) {
    auto code = static_cast<Code>(encode<F>(in[i], &overflowed));
    std::memcpy(out + i * sizeof(Code), &code, sizeof(Code));
  }
  return overflowed;
}

uint64_t encode_double(const double* in, size_t count, std::byte* out) {
  std::memcpy(out, in, count * sizeof(double));
  return 0;
}

uint64_t encode_float(const double* in, size_t count, std::byte* out) {
  uint64_t overflowed = 0;
  for (size_t i = 0; i < count; ++i) {
    auto value = static_cast<float>(in[i]);
    overflowed += std::isinf(value) && !std::isinf(in[i]);
    std::memcpy(out + i * sizeof(float), &value, sizeof(float));
  }
  return overflowed;
}

// Whole numbers; those that do not fit become the nearest that does.
template <typename T>
uint64_t encode_integer(const double* in, size_t count, std::byte* out) {
  uint64_t overflowed = 0;
  for (size_t i = 0; i < count; ++i) {
    constexpr double kLeast = std::numeric_limits<T>::min();
    constexpr double kMost = std::numeric_limits<T>::max();
    overflowed += in[i] < kLeast || in[i] > kMost;
    auto value = static_cast<T>(std::clamp(in[i], kLeast, kMost));
    std::memcpy(out + i * sizeof(T), &value, sizeof(T));
  }
  return overflowed;
}

// What writes the values of a dtype.
struct Encoder {
  DType dtype;
  uint64_t (*encode)(const double* in, size_t count, std::byte* out);
};

constexpr Encoder kEncoders[] = {
    {DType::kFloat64, encode_double},
    {DType::kFloat32, encode_float},
    {DType::kFloat16, encode_all<kHalf, uint16_t>},
    {DType::kBFloat16, encode_all<kBrain, uint16_t>},
    {DType::kFloat8E4M3FN, encode_all<kE4M3FN, uint8_t>},
    {DType::kFloat8E4M3FNUZ, encode_all<kE4M3FNUZ, uint8_t>},
    {DType::kFloat8E5M2, encode_all<kE5M2, uint8_t>},
    {DType::kFloat8E5M2FNUZ, encode_all<kE5M2FNUZ, uint8_t>},
    {DType::kInt8, encode_integer<int8_t>},
    {DType::kUInt8, encode_integer<uint8_t>},
};

const Encoder* find_encoder(DType dtype) {
  auto row = std::ranges::find(kEncoders, dtype, &Encoder::dtype);
  return row == std::end(kEncoders) ? nullptr : row;
}

// float32 to bfloat16, in a form that compilers turn into vector code.
uint64_t round_to_brain(const std::byte* in, size_t count, std::byte* out) {
  uint64_t overflowed = 0;
  for (size_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, in + i * 4, 4);
    uint32_t magnitude = bits & 0x7fffffff;
    uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    bool is_nan = magnitude > 0x7f800000;
    auto code = static_cast<uint16_t>(is_nan ? bits >> 16 | 0x40 : rounded);
    overflowed += (rounded & 0x7fff) == 0x7f80 && magnitude < 0x7f800000;
    std::memcpy(out + i * 2, &code, 2);
  }
  return overflowed;
}

void widen_brain(const std::byte* in, size_t count, std::byte* out) {
  for (size_t i = 0; i < count; ++i) {
    uint16_t code;
    std::memcpy(&code, in + i * 2, 2);
    uint32_t bits = uint32_t{code} << 16;
    std::memcpy(out + i * 4, &bits, 4);
  }
}

template <typename T>
T load(std::span<const std::byte> in, size_t i) {
  T value;
  std::memcpy(&value, in.data() + i * sizeof(T), sizeof(T));
  return value;
}

bool is_quantized(const Tensor& tensor) {
  return dtype_info(tensor.dtype).type_class == DTypeClass::kQuantized;
}

// Null where the scales were not readable.
const Quantization* quantization_of(const Tensor& tensor) {
  if (!tensor.details || !tensor.details->quantization) return nullptr;
  const Quantization& q = *tensor.details->quantization;
  if (!q.scheme.starts_with("per_channel")) return &q;
  auto axis = static_cast<uint64_t>(q.axis);
  if (axis >= tensor.shape.size()) return nullptr;
  auto channels = static_cast<uint64_t>(tensor.shape[axis]);
  bool known = q.scales.size() == channels && q.zero_points.size() == channels;
  return known ? &q : nullptr;
}

}  // namespace

bool converts_to(DType dtype) { return find_encoder(dtype) != nullptr; }

bool is_packed_integer(DType dtype) {
  const DTypeInfo& info = dtype_info(dtype);
  return info.bits < 8 && (info.type_class == DTypeClass::kSigned ||
                           info.type_class == DTypeClass::kUnsigned);
}

bool converts_from(const Tensor& tensor) {
  if (is_quantized(tensor)) return quantization_of(tensor) != nullptr;
  if (is_packed_integer(tensor.dtype)) return true;
  return dtype_info(tensor.dtype).type_class == DTypeClass::kFloat &&
         tensor.dtype != DType::kFloat4E2M1FNx2;
}

bool converts(const Tensor& tensor, DType to) {
  bool to_float = dtype_info(to).type_class == DTypeClass::kFloat;
  return converts_to(to) && converts_from(tensor) &&
         (to_float || is_packed_integer(tensor.dtype));
}

Converter::Converter(const Tensor& tensor, DType to)
    : tensor_(tensor), to_(to) {
  if (!converts(tensor, to)) {
    throw Error(
        ErrorKind::kUnsupported,
        fmt::format("tensor '{}': {} does not convert to {}",
                    printable(tensor.name), dtype_info(tensor.dtype).name,
                    dtype_info(to).name));
  }
  uint64_t bits = tensor.element_bits();
  if (is_quantized(tensor)) {
    const Quantization& q = *quantization_of(tensor);
    channel_elements_ = 1;
    for (auto i = static_cast<size_t>(q.axis) + 1; i < tensor.shape.size();
         ++i) {
      channel_elements_ *= static_cast<uint64_t>(tensor.shape[i]);
    }
  } else if (bits <= 16) {
    for (uint32_t code = 0; code < 1u << bits; ++code) {
      std::byte bytes[2] = {std::byte(code), std::byte(code >> 8)};
      table_.push_back(decode_real(tensor.dtype, bytes));
    }
  }
}

void Converter::dequantize(std::span<const std::byte> in, size_t count,
                           double* out) {
  const Quantization& q = *quantization_of(tensor_);
  bool per_channel = q.scheme.starts_with("per_channel");
  uint64_t bits = tensor_.element_bits();
  auto mask = std::byte((1u << std::min<uint64_t>(bits, 8)) - 1);
  for (size_t i = 0; i < count; ++i, ++at_) {
    double value;
    if (bits < 8) {
      std::byte code = in[i * bits / 8] >> static_cast<int>(i * bits % 8);
      code &= mask;
      value = decode_real(tensor_.dtype, &code);
    } else {
      value = decode_real(tensor_.dtype, in.data() + i * bits / 8);
    }
    double zero_point = static_cast<double>(q.zero_point);
    double scale = q.scale;
    if (per_channel) {
      uint64_t channel = at_ / channel_elements_ % q.scales.size();
      zero_point = q.zero_points[channel];
      scale = q.scales[channel];
    }
    out[i] = static_cast<double>(static_cast<float>(value - zero_point) *
                                 static_cast<float>(scale));
  }
}

void Converter::decode(std::span<const std::byte> in, size_t count,
                       double* out) {
  if (is_quantized(tensor_)) return dequantize(in, count, out);
  uint64_t bits = tensor_.element_bits();
  if (bits < 8) {
    for (size_t i = 0; i < count; ++i) {
      auto byte = std::to_integer<unsigned>(in[i * bits / 8]);
      out[i] = table_[byte >> i * bits % 8 & ((1u << bits) - 1)];
    }
    at_ += count;
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    switch (bits) {
      case 8:
        out[i] = table_[load<uint8_t>(in, i)];
        break;
      case 16:
        out[i] = table_[load<uint16_t>(in, i)];
        break;
      case 32:
        out[i] = static_cast<double>(load<float>(in, i));
        break;
      default:
        out[i] = load<double>(in, i);
    }
  }
}

void Converter::convert(std::span<const std::byte> in,
                        std::vector<std::byte>* out) {
  uint64_t bits = tensor_.element_bits();
  size_t out_bytes = dtype_info(to_).bits / 8;
  // The last byte of packed values may have room for more than there are.
  size_t count =
      std::min<uint64_t>(in.size() * 8 / bits, tensor_.elements() - at_);
  out->resize(count * out_bytes);
  if (tensor_.dtype == DType::kFloat32 && to_ == DType::kBFloat16) {
    overflowed_ += round_to_brain(in.data(), count, out->data());
    return;
  }
  if (tensor_.dtype == DType::kBFloat16 && to_ == DType::kFloat32) {
    return widen_brain(in.data(), count, out->data());
  }
  double values[kPiece];
  const Encoder& encoder = *find_encoder(to_);
  for (size_t done = 0; done < count; done += kPiece) {
    size_t n = std::min(kPiece, count - done);
    decode(in.subspan(done * bits / 8), n, values);
    overflowed_ += encoder.encode(values, n, out->data() + done * out_bytes);
  }
}

}  // namespace tsinspect
