#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/byte_reader.h"
#include "base/printable.h"
#include "tensor/build.h"
#include "tensor/scalar.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Where the element at `index` lies in its storage, in elements.
uint64_t position(const Tensor& tensor, std::span<const int64_t> index) {
  bool in_range = index.size() == tensor.shape.size();
  auto at = static_cast<uint64_t>(tensor.storage_offset);
  for (size_t i = 0; in_range && i < index.size(); ++i) {
    in_range = index[i] >= 0 && index[i] < tensor.shape[i];
    at += static_cast<uint64_t>(index[i]) *
          static_cast<uint64_t>(tensor.strides[i]);
  }
  if (!in_range) {
    throw Error(
        ErrorKind::kNotFound,
        fmt::format("tensor '{}' has no such element", printable(tensor.name)));
  }
  return at;
}

// Sign of the real (0) or imaginary (1) part that the tensor's bits ask for.
double sign_of(const Tensor& tensor, int part) {
  if (!tensor.details) return 1;
  bool flip = tensor.details->negative;
  if (part == 1 && tensor.details->conjugate) flip = !flip;
  return flip ? -1 : 1;
}

// A part of a value as text, its sign flipped if need be.
std::string signed_text(DType dtype, const std::byte* bytes, double sign) {
  std::string text = decode_text(dtype, bytes);
  if (sign > 0 || text == "nan") return text;
  return text[0] == '-' ? text.substr(1) : "-" + text;
}

// Real number that a quantised tensor's integer stands for; NaN where the
// scale was not readable. As torch, in single precision.
double dequantized(const Tensor& tensor, std::span<const int64_t> index,
                   double integer) {
  if (!tensor.details || !tensor.details->quantization) return kNaN;
  const Quantization& q = *tensor.details->quantization;
  double scale = q.scale;
  // Per channel these may be fractions: per_channel_affine_float_qparams.
  auto zero_point = static_cast<double>(q.zero_point);
  if (q.scheme.starts_with("per_channel")) {
    auto axis = static_cast<uint64_t>(q.axis);
    if (axis >= index.size()) return kNaN;
    auto channel = static_cast<uint64_t>(index[axis]);
    if (channel >= q.scales.size() || channel >= q.zero_points.size()) {
      return kNaN;
    }
    scale = q.scales[channel];
    zero_point = q.zero_points[channel];
  }
  return static_cast<float>(integer - zero_point) * static_cast<float>(scale);
}

uint64_t load_unsigned(std::span<const std::byte> bytes, bool big_endian) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::byte next = bytes[big_endian ? i : bytes.size() - 1 - i];
    value = value << 8 | std::to_integer<uint64_t>(next);
  }
  return value;
}

void append_utf8(std::string* out, uint64_t code) {
  auto put = [&](uint64_t byte) { *out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | (code >> 18 & 7));
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

// NumPy pads text with zeros.
std::string_view without_padding(std::string_view text) {
  return text.substr(0, text.find_last_not_of('\0') + 1);
}

// An element of NumPy's type string `type` ("<U5", "|S3", "<M8[s]").
std::string opaque_text(std::string_view type,
                        std::span<const std::byte> bytes) {
  bool big_endian = type.starts_with('>');
  char kind = type.size() > 1 ? type[1] : '\0';
  if (kind == 'S' || kind == 'a') {
    std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                          bytes.size());
    return "b" + quoted(without_padding(text));
  }
  if (kind == 'U') {
    std::string text;
    for (size_t at = 0; at + 4 <= bytes.size(); at += 4) {
      append_utf8(&text, load_unsigned(bytes.subspan(at, 4), big_endian));
    }
    return quoted(without_padding(text));
  }
  if ((kind == 'M' || kind == 'm') && bytes.size() == 8) {
    auto ticks = static_cast<int64_t>(load_unsigned(bytes, big_endian));
    return ticks == INT64_MIN ? "NaT" : fmt::format("{}", ticks);
  }
  constexpr size_t kShown = 16;
  std::string text = "0x";
  for (std::byte b : bytes.first(std::min(bytes.size(), kShown))) {
    text += fmt::format("{:02x}", std::to_integer<unsigned>(b));
  }
  return bytes.size() > kShown ? text + "…" : text;
}

}  // namespace

ElementReader::ElementReader(const Model& model, const Tensor& tensor,
                             const Limits& limits)
    : tensor_(tensor) {
  if (tensor.storage == kNoIndex) fail_without_data(tensor);
  check_tensor(model, tensor);
  const Storage& storage = model.storages.at(tensor.storage);
  big_endian_ = storage.big_endian;
  if (tensor.elements() > 0) bytes_ = storage_bytes(model, storage, limits);
  if (tensor.dtype == DType::kString) find_strings();
}

void ElementReader::find_strings() {
  std::string_view all(reinterpret_cast<const char*>(bytes_.data.data()),
                       bytes_.data.size());
  ByteReader in(all);
  while (in.remaining() > 0) {
    strings_.push_back(in.bytes(in.u64("string length"), "string"));
  }
  if (strings_.size() == tensor_.elements()) return;
  throw Error(ErrorKind::kMalformed,
              fmt::format("tensor '{}' has {} strings, its shape {}",
                          printable(tensor_.name), strings_.size(),
                          tensor_.elements()));
}

std::vector<std::byte> ElementReader::raw(
    std::span<const int64_t> index) const {
  uint64_t bits = tensor_.element_bits();
  uint64_t at = position(tensor_, index) * bits;
  if (bits % 8 != 0) {
    auto byte = std::to_integer<unsigned>(bytes_.data[at / 8]);
    return {std::byte(byte >> at % 8 & ((1u << bits) - 1))};
  }
  auto element = bytes_.data.subspan(at / 8, bits / 8);
  std::vector<std::byte> out(element.begin(), element.end());
  size_t part = dtype_info(part_dtype(tensor_.dtype)).bits / 8;
  if (big_endian_ && part > 1) {
    for (size_t i = 0; i + part <= out.size(); i += part) {
      std::ranges::reverse(std::span(out).subspan(i, part));
    }
  }
  return out;
}

std::string_view ElementReader::string(std::span<const int64_t> index) const {
  return strings_.at(position(tensor_, index));
}

std::string ElementReader::text(std::span<const int64_t> index) const {
  if (tensor_.dtype == DType::kString) {
    return tsinspect::quoted(strings_[position(tensor_, index)]);
  }
  std::vector<std::byte> bytes = raw(index);
  DType dtype = tensor_.dtype;
  switch (dtype_info(dtype).type_class) {
    case DTypeClass::kOpaque:
      return opaque_text(tensor_.details ? tensor_.details->opaque_type : "",
                         bytes);
    case DTypeClass::kQuantized: {
      double value = dequantized(tensor_, index, decode_real(dtype, &bytes[0]));
      return std::isnan(value) ? "nan"
                               : fmt::format("{}", static_cast<float>(value));
    }
    case DTypeClass::kComplex: {
      std::string real = signed_text(dtype, &bytes[0], sign_of(tensor_, 0));
      std::string imaginary =
          signed_text(dtype, &bytes[bytes.size() / 2], sign_of(tensor_, 1));
      return real + (imaginary[0] == '-' ? "" : "+") + imaginary + "j";
    }
    default:
      break;
  }
  std::string text = signed_text(dtype, &bytes[0], sign_of(tensor_, 0));
  if (dtype != DType::kFloat4E2M1FNx2) return text;
  std::byte high = bytes[0] >> 4;
  return fmt::format("({}, {})", text, decode_text(dtype, &high));
}

double ElementReader::real(std::span<const int64_t> index) const {
  if (tensor_.dtype == DType::kString) return kNaN;
  std::vector<std::byte> bytes = raw(index);
  DType dtype = tensor_.dtype;
  switch (dtype_info(dtype).type_class) {
    case DTypeClass::kOpaque:
      return kNaN;
    case DTypeClass::kQuantized:
      return dequantized(tensor_, index, decode_real(dtype, &bytes[0]));
    case DTypeClass::kComplex:
      return std::hypot(decode_real(dtype, &bytes[0]),
                        decode_real(dtype, &bytes[bytes.size() / 2]));
    default:
      return sign_of(tensor_, 0) * decode_real(dtype, &bytes[0]);
  }
}

}  // namespace tsinspect
