// Values of one dtype as those of another.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// Converts a tensor's values, in logical order, a piece at a time. A value
// becomes the nearest one of the new dtype, of two that are equally near the
// one with an even last bit, in one rounding. What is too large becomes
// infinite, or NaN where the dtype has no infinity, as in torch; NaN stays NaN
// and keeps its sign. A quantised value becomes (value - zero point) * scale in
// single precision first, as in torch.
class Converter {
 public:
  // Throws Error(kUnsupported) that names the tensor.
  Converter(const Tensor& tensor, DType to);

  // Converts the values that follow those of the call before, packed as the
  // tensor has them, whole elements. Replaces *out.
  void convert(std::span<const std::byte> in, std::vector<std::byte>* out);

  // See ExportedTensor.
  uint64_t overflowed() const { return overflowed_; }

 private:
  void decode(std::span<const std::byte> in, size_t count, double* out);
  void dequantize(std::span<const std::byte> in, size_t count, double* out);

  const Tensor& tensor_;
  DType to_;
  std::vector<double> table_;      // Value of each code, for up to 16 bits.
  uint64_t channel_elements_ = 0;  // That follow each other, per channel.
  uint64_t at_ = 0;                // Element that comes next.
  uint64_t overflowed_ = 0;
};

// True if convert() can make this dtype, or another from it. Of a tensor, so
// that quantised ones whose scales were not readable are told apart.
bool converts_to(DType dtype);
// True for integers of which several share a byte.
bool is_packed_integer(DType dtype);
// True if convert() can make this dtype of the tensor: int8 and uint8 only of
// integers that share a byte.
bool converts(const Tensor& tensor, DType to);
bool converts_from(const Tensor& tensor);

}  // namespace tsinspect
