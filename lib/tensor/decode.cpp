#include "tensor/decode.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "tensor/kernels.h"
#include "tensor/scalar.h"

namespace tsinspect {
namespace {

constexpr float kFloatNaN = std::numeric_limits<float>::quiet_NaN();

// What only zeros are smaller than.
constexpr double kNoSubnormals = 0x1p-149;

struct Row {
  DType dtype;
  NumberType type;
  double tiny;
};

constexpr std::array kRows = {
    Row{DType::kBool, NumberType::kFloat, kNoSubnormals},
    Row{DType::kUInt8, NumberType::kFloat, kNoSubnormals},
    Row{DType::kUInt16, NumberType::kFloat, kNoSubnormals},
    Row{DType::kUInt32, NumberType::kDouble, kNoSubnormals},
    Row{DType::kUInt64, NumberType::kUInt64, kNoSubnormals},
    Row{DType::kInt8, NumberType::kFloat, kNoSubnormals},
    Row{DType::kInt16, NumberType::kFloat, kNoSubnormals},
    Row{DType::kInt32, NumberType::kDouble, kNoSubnormals},
    Row{DType::kInt64, NumberType::kInt64, kNoSubnormals},
    Row{DType::kFloat8E4M3FN, NumberType::kFloat, 0x1p-6},
    Row{DType::kFloat8E4M3FNUZ, NumberType::kFloat, 0x1p-7},
    Row{DType::kFloat8E5M2, NumberType::kFloat, 0x1p-14},
    Row{DType::kFloat8E5M2FNUZ, NumberType::kFloat, 0x1p-15},
    Row{DType::kFloat8E8M0FNU, NumberType::kFloat, kNoSubnormals},
    Row{DType::kFloat16, NumberType::kFloat, 0x1p-14},
    Row{DType::kBFloat16, NumberType::kFloat, 0x1p-126},
    Row{DType::kFloat32, NumberType::kFloat, 0x1p-126},
    Row{DType::kFloat64, NumberType::kDouble, 0x1p-1022},
    Row{DType::kComplex32, NumberType::kDouble, 0x1p-14},
    Row{DType::kComplex64, NumberType::kDouble, 0x1p-126},
    Row{DType::kComplex128, NumberType::kDouble, 0x1p-1022},
    Row{DType::kQInt8, NumberType::kFloat, kNoSubnormals},
    Row{DType::kQUInt8, NumberType::kFloat, kNoSubnormals},
    Row{DType::kQInt32, NumberType::kDouble, kNoSubnormals},
    Row{DType::kQUInt4x2, NumberType::kFloat, kNoSubnormals},
    Row{DType::kQUInt2x4, NumberType::kFloat, kNoSubnormals},
    Row{DType::kFloat4E2M1FNx2, NumberType::kFloat, 1},
    Row{DType::kUInt2, NumberType::kFloat, kNoSubnormals},
    Row{DType::kInt2, NumberType::kFloat, kNoSubnormals},
    Row{DType::kUInt4, NumberType::kFloat, kNoSubnormals},
    Row{DType::kInt4, NumberType::kFloat, kNoSubnormals},
    Row{DType::kFloat4E2M1FN, NumberType::kFloat, 1},
    Row{DType::kString, NumberType::kNone, 0},
    Row{DType::kOpaque, NumberType::kNone, 0},
};

constexpr bool in_order_of_the_enum() {
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<size_t>(kRows[i].dtype) != i) return false;
  }
  return static_cast<size_t>(DType::kOpaque) + 1 == kRows.size();
}
static_assert(in_order_of_the_enum());

template <typename T>
T load(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

template <typename From, typename To>
void convert(std::span<const std::byte> bytes, std::span<To> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<To>(load<From>(bytes.data() + i * sizeof(From)));
  }
}

// Values of all codes of `bits`, by the decoder of single values.
std::vector<float> all_codes(DType dtype, uint64_t bits) {
  std::vector<float> codes(size_t{1} << bits);
  for (size_t code = 0; code < codes.size(); ++code) {
    auto byte = static_cast<std::byte>(code);
    codes[code] = static_cast<float>(decode_real(dtype, &byte));
  }
  return codes;
}

// What lies in a complex number's two parts, of `step` bytes each.
void magnitudes(DType dtype, std::span<const std::byte> bytes,
                std::span<double> out) {
  size_t step = dtype_info(dtype).bits / 16;
  DType part = part_dtype(dtype);
  for (size_t i = 0; i < out.size(); ++i) {
    const std::byte* at = bytes.data() + i * 2 * step;
    out[i] = std::hypot(decode_real(part, at), decode_real(part, at + step));
  }
}

}  // namespace

NumberDecoder::NumberDecoder(const Tensor& tensor)
    : tensor_(tensor),
      type_(kRows[static_cast<size_t>(tensor.dtype)].type),
      value_bits_(tensor.element_bits()),
      tiny_(kRows[static_cast<size_t>(tensor.dtype)].tiny) {
  bool is_float4 = tensor.dtype == DType::kFloat4E2M1FNx2;
  if (is_float4) value_bits_ = 4;
  bool is_float8 = value_bits_ == 8 &&
                   dtype_info(tensor.dtype).type_class == DTypeClass::kFloat;
  bool is_packed = value_bits_ < 8 && type_ != NumberType::kNone;
  if (is_float4 || is_float8 || is_packed) {
    codes_ = all_codes(tensor.dtype, value_bits_);
  }
}

uint64_t NumberDecoder::count() const {
  bool is_float4 = tensor_.dtype == DType::kFloat4E2M1FNx2;
  return tensor_.elements() * (is_float4 ? 2 : 1);
}

void NumberDecoder::look_up(std::span<const std::byte> bytes,
                            std::span<float> out) const {
  size_t per_byte = 8 / value_bits_;
  size_t mask = codes_.size() - 1;
  for (size_t i = 0; i < out.size(); ++i) {
    auto byte = std::to_integer<size_t>(bytes[i / per_byte]);
    out[i] = codes_[byte >> i % per_byte * value_bits_ & mask];
  }
}

// In single precision, as torch does.
template <typename T>
void NumberDecoder::dequantize(uint64_t first, std::span<T> values) const {
  if (!tensor_.details || !tensor_.details->quantization) {
    std::fill(values.begin(), values.end(), kFloatNaN);
    return;
  }
  const Quantization& q = *tensor_.details->quantization;
  auto real = [](T value, double zero_point, double scale) {
    return static_cast<float>(value - zero_point) * static_cast<float>(scale);
  };
  if (!q.scheme.starts_with("per_channel")) {
    auto zero_point = static_cast<double>(q.zero_point);
    for (T& value : values) value = real(value, zero_point, q.scale);
    return;
  }
  auto axis = static_cast<size_t>(q.axis);
  bool has_axis = q.axis >= 0 && axis < tensor_.shape.size();
  uint64_t inner = 1;  // Values from one channel to the next.
  for (size_t i = axis + 1; has_axis && i < tensor_.shape.size(); ++i) {
    inner *= static_cast<uint64_t>(tensor_.shape[i]);
  }
  for (size_t i = 0; i < values.size(); ++i) {
    uint64_t channel = UINT64_MAX;
    if (has_axis) {
      auto size = static_cast<uint64_t>(tensor_.shape[axis]);
      channel = (first + i) / inner % size;
    }
    bool is_known = channel < q.scales.size() && channel < q.zero_points.size();
    values[i] = is_known
                    ? real(values[i], q.zero_points[channel], q.scales[channel])
                    : kFloatNaN;
  }
}

void NumberDecoder::fill(std::span<const std::byte> bytes, uint64_t first,
                         std::span<float> out) const {
  const std::byte* in = bytes.data();
  if (!codes_.empty()) {
    look_up(bytes, out);
  } else {
    switch (tensor_.dtype) {
      case DType::kBool:
        for (size_t i = 0; i < out.size(); ++i) out[i] = in[i] != std::byte{0};
        break;
      case DType::kUInt8:
      case DType::kQUInt8:
        floats_from_uint8(in, out.size(), out.data());
        break;
      case DType::kInt8:
      case DType::kQInt8:
        floats_from_int8(in, out.size(), out.data());
        break;
      case DType::kUInt16:
        floats_from_uint16(in, out.size(), out.data());
        break;
      case DType::kInt16:
        floats_from_int16(in, out.size(), out.data());
        break;
      case DType::kFloat16:
        floats_from_float16(in, out.size(), out.data());
        break;
      case DType::kBFloat16:
        floats_from_bfloat16(in, out.size(), out.data());
        break;
      default:
        convert<float>(bytes, out);
        break;
    }
  }
  if (dtype_info(tensor_.dtype).type_class == DTypeClass::kQuantized) {
    dequantize(first, out);
  }
}

void NumberDecoder::fill(std::span<const std::byte> bytes, uint64_t first,
                         std::span<double> out) const {
  switch (tensor_.dtype) {
    case DType::kQInt32:
      convert<int32_t>(bytes, out);
      return dequantize(first, out);
    case DType::kInt32:
      return convert<int32_t>(bytes, out);
    case DType::kUInt32:
      return convert<uint32_t>(bytes, out);
    case DType::kFloat64:
      return convert<double>(bytes, out);
    default:
      return magnitudes(tensor_.dtype, bytes, out);
  }
}

template <typename T>
std::span<const T> NumberDecoder::decode(std::span<const std::byte> bytes,
                                         uint64_t first,
                                         std::span<T> out) const {
  constexpr bool kIsInteger = std::is_integral_v<T>;
  bool lies_there = kIsInteger || tensor_.dtype == DType::kFloat32 ||
                    tensor_.dtype == DType::kFloat64;
  if (lies_there &&
      reinterpret_cast<uintptr_t>(bytes.data()) % alignof(T) == 0) {
    return {reinterpret_cast<const T*>(bytes.data()), out.size()};
  }
  if constexpr (kIsInteger) {
    std::memcpy(out.data(), bytes.data(), out.size_bytes());
  } else {
    fill(bytes, first, out);
  }
  return out;
}

template std::span<const float> NumberDecoder::decode(
    std::span<const std::byte>, uint64_t, std::span<float>) const;
template std::span<const double> NumberDecoder::decode(
    std::span<const std::byte>, uint64_t, std::span<double>) const;
template std::span<const int64_t> NumberDecoder::decode(
    std::span<const std::byte>, uint64_t, std::span<int64_t>) const;
template std::span<const uint64_t> NumberDecoder::decode(
    std::span<const std::byte>, uint64_t, std::span<uint64_t>) const;

}  // namespace tsinspect
