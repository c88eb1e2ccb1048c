// Pieces of a tensor's bytes as the numbers they stand for.

#pragma once

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// What a tensor's values can be computed with.
enum class NumberKind : uint8_t {
  kReal,     // float64, exactly.
  kWide,     // 64-bit integers: long double.
  kComplex,  // Two float64.
  kNone,     // Not numbers.
};

NumberKind number_kind(const Tensor& tensor);

// True if equal bytes are equal values: same dtype, same quantisation.
bool same_encoding(const Tensor& a, const Tensor& b);

// Decodes a tensor's contiguous little-endian bytes, some values at a time.
// `first` is the place of the first of them, counted in the tensor's values;
// in bytes that hold several values it is a whole byte's.
class Decoder {
 public:
  // The tensor must outlive it.
  explicit Decoder(const Tensor& tensor);

  // Values an element of the tensor has: 2 for float4_e2m1fn_x2.
  size_t values_per_element() const { return values_per_element_; }
  // Bits of a value.
  uint64_t bits() const { return bits_; }

  // Not for kNone. Complex values must be asked for as such; any others may.
  void decode(const std::byte* bytes, uint64_t first, std::span<double> out);
  void decode(const std::byte* bytes, uint64_t first,
              std::span<long double> out);
  void decode(const std::byte* bytes, uint64_t first,
              std::span<std::complex<double>> out);

 private:
  void dequantize(uint64_t first, std::span<double> values) const;

  const Tensor& tensor_;
  DType part_;
  uint64_t bits_;
  size_t values_per_element_ = 1;
  uint64_t channel_values_ = 0;  // Values that share a scale in a row,
  uint64_t channels_ = 0;        // and how many scales take turns.
  std::vector<double> table_;    // Of all codes, for the small dtypes.
  std::vector<double> temporary_;
};

}  // namespace tsinspect
