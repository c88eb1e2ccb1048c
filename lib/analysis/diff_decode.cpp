#include "analysis/diff_decode.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "tensor/scalar.h"

namespace tsinspect {
namespace {

template <typename T>
T load(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

template <typename T, typename Out>
void convert(const std::byte* bytes, std::span<Out> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<Out>(load<T>(bytes + i * sizeof(T)));
  }
}

void convert_bfloat16(const std::byte* bytes, std::span<double> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    uint32_t code = load<uint16_t>(bytes + 2 * i);
    out[i] = static_cast<double>(std::bit_cast<float>(code << 16));
  }
}

// Values of less than a byte, the first in the low bits.
void unpack(const std::byte* bytes, uint64_t bits,
            const std::vector<double>& table, std::span<double> out) {
  uint64_t mask = (uint64_t{1} << bits) - 1;
  for (size_t i = 0; i < out.size(); ++i) {
    auto byte = std::to_integer<uint64_t>(bytes[i * bits / 8]);
    out[i] = table[byte >> i * bits % 8 & mask];
  }
}

const Quantization* quantization_of(const Tensor& tensor) {
  bool is_quantized =
      dtype_info(tensor.dtype).type_class == DTypeClass::kQuantized;
  if (!is_quantized || !tensor.details || !tensor.details->quantization) {
    return nullptr;
  }
  return &*tensor.details->quantization;
}

bool is_per_channel(const Quantization& q) {
  return q.scheme.starts_with("per_channel");
}

// False where the file keeps scales that could not be read: integers, then.
bool has_parameters(const Tensor& tensor, const Quantization& q) {
  if (!is_per_channel(q)) return true;
  auto axis = static_cast<uint64_t>(q.axis);
  if (axis >= tensor.shape.size()) return false;
  auto channels = static_cast<uint64_t>(tensor.shape[axis]);
  return q.scales.size() >= channels && q.zero_points.size() >= channels;
}

// The value of every code of a dtype of up to 8 bits, or of float16.
std::vector<double> code_table(DType dtype, uint64_t bits) {
  std::vector<double> table(size_t{1} << bits);
  for (uint32_t code = 0; code < table.size(); ++code) {
    table[code] = decode_real(dtype, reinterpret_cast<const std::byte*>(&code));
  }
  return table;
}

}  // namespace

NumberKind number_kind(const Tensor& tensor) {
  switch (dtype_info(tensor.dtype).type_class) {
    case DTypeClass::kString:
    case DTypeClass::kOpaque:
      return NumberKind::kNone;
    case DTypeClass::kComplex:
      return NumberKind::kComplex;
    default:
      break;
  }
  bool wide = tensor.dtype == DType::kInt64 || tensor.dtype == DType::kUInt64;
  return wide ? NumberKind::kWide : NumberKind::kReal;
}

bool same_encoding(const Tensor& a, const Tensor& b) {
  if (a.dtype != b.dtype) return false;
  if (a.dtype == DType::kOpaque) {
    return a.element_bits() == b.element_bits() &&
           (a.details ? a.details->opaque_type : "") ==
               (b.details ? b.details->opaque_type : "");
  }
  const Quantization* p = quantization_of(a);
  const Quantization* q = quantization_of(b);
  if (p == nullptr || q == nullptr) return p == q;
  if (p->scheme != q->scheme) return false;
  if (!is_per_channel(*p)) {
    return p->scale == q->scale && p->zero_point == q->zero_point;
  }
  return p->axis == q->axis && p->scales == q->scales &&
         p->zero_points == q->zero_points;
}

Decoder::Decoder(const Tensor& tensor)
    : tensor_(tensor),
      part_(part_dtype(tensor.dtype)),
      bits_(tensor.element_bits()) {
  if (tensor.dtype == DType::kFloat4E2M1FNx2) {
    bits_ = 4;
    values_per_element_ = 2;
  }
  const DTypeInfo& info = dtype_info(part_);
  uint64_t part_bits = std::min<uint64_t>(bits_, info.bits);
  bool is_small = is_numeric(info.dtype) && part_bits <= 8;
  if (is_small || part_ == DType::kFloat16) {
    table_ = code_table(part_, part_bits);
  }
  const Quantization* q = quantization_of(tensor);
  if (q == nullptr || !has_parameters(tensor, *q)) return;
  channels_ = 1;
  channel_values_ = 1;
  if (!is_per_channel(*q)) return;
  auto axis = static_cast<size_t>(q->axis);
  channels_ = static_cast<uint64_t>(tensor.shape[axis]);
  for (size_t i = axis + 1; i < tensor.shape.size(); ++i) {
    channel_values_ *= static_cast<uint64_t>(tensor.shape[i]);
  }
}

// As torch does, in single precision.
void Decoder::dequantize(uint64_t first, std::span<double> values) const {
  const Quantization& q = *tensor_.details->quantization;
  bool per_channel = is_per_channel(q);
  for (size_t i = 0; i < values.size(); ++i) {
    double scale = q.scale;
    auto zero_point = static_cast<double>(q.zero_point);
    if (per_channel) {
      uint64_t channel = (first + i) / channel_values_ % channels_;
      scale = q.scales[channel];
      zero_point = q.zero_points[channel];
    }
    values[i] = static_cast<double>(static_cast<float>(values[i] - zero_point) *
                                    static_cast<float>(scale));
  }
}

void Decoder::decode(const std::byte* bytes, uint64_t first,
                     std::span<double> out) {
  switch (part_) {
    case DType::kFloat32:
      convert<float>(bytes, out);
      break;
    case DType::kFloat64:
      convert<double>(bytes, out);
      break;
    case DType::kBFloat16:
      convert_bfloat16(bytes, out);
      break;
    case DType::kFloat16:
      for (size_t i = 0; i < out.size(); ++i) {
        out[i] = table_[load<uint16_t>(bytes + 2 * i)];
      }
      break;
    case DType::kUInt16:
      convert<uint16_t>(bytes, out);
      break;
    case DType::kInt16:
      convert<int16_t>(bytes, out);
      break;
    case DType::kUInt32:
      convert<uint32_t>(bytes, out);
      break;
    case DType::kInt32:
    case DType::kQInt32:
      convert<int32_t>(bytes, out);
      break;
    default:
      unpack(bytes, std::min<uint64_t>(bits_, 8), table_, out);
      break;
  }
  if (channels_ > 0) dequantize(first, out);
}

void Decoder::decode(const std::byte* bytes, uint64_t first,
                     std::span<long double> out) {
  if (part_ == DType::kInt64) return convert<int64_t>(bytes, out);
  if (part_ == DType::kUInt64) return convert<uint64_t>(bytes, out);
  temporary_.resize(out.size());
  decode(bytes, first, std::span<double>(temporary_));
  std::copy(temporary_.begin(), temporary_.end(), out.begin());
}

void Decoder::decode(const std::byte* bytes, uint64_t first,
                     std::span<std::complex<double>> out) {
  if (number_kind(tensor_) != NumberKind::kComplex) {
    std::vector<long double> real(out.size());
    decode(bytes, first, std::span(real));
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<double>(real[i]);
    }
    return;
  }
  temporary_.resize(2 * out.size());
  decode(bytes, 2 * first, std::span<double>(temporary_));
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = {temporary_[2 * i], temporary_[2 * i + 1]};
  }
}

}  // namespace tsinspect
