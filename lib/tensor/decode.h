// Runs of a tensor's values as numbers to compute with.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// The narrowest type that holds a tensor's values exactly; complex ones by
// their magnitude, quantised ones as torch dequantises them, in float32.
enum class NumberType : uint8_t { kFloat, kDouble, kInt64, kUInt64, kNone };

class NumberDecoder {
 public:
  // The tensor must outlive the decoder.
  explicit NumberDecoder(const Tensor& tensor);

  NumberType type() const { return type_; }

  // Of all values: Tensor::elements(), or twice that for float4_e2m1fn_x2.
  uint64_t count() const;

  // Bits of a value among ValueReader's bytes; runs begin at whole bytes.
  uint64_t value_bits() const { return value_bits_; }

  // The least normal magnitude of the dtype; the least one there is for types
  // without subnormals. Only zeros are smaller then.
  double tiny() const { return tiny_; }

  // The values from the `first`-th on, `out.size()` of them, from `bytes`, as
  // ValueReader::read() gives them. T is type()'s. Views `bytes` where the
  // values lie there just so, else fills `out` and views it. `first` is a
  // multiple of 8.
  template <typename T>
  std::span<const T> decode(std::span<const std::byte> bytes, uint64_t first,
                            std::span<T> out) const;

 private:
  void fill(std::span<const std::byte> bytes, uint64_t first,
            std::span<float> out) const;
  void fill(std::span<const std::byte> bytes, uint64_t first,
            std::span<double> out) const;
  template <typename T>
  void dequantize(uint64_t first, std::span<T> values) const;
  void look_up(std::span<const std::byte> bytes, std::span<float> out) const;

  const Tensor& tensor_;
  NumberType type_ = NumberType::kNone;
  uint64_t value_bits_ = 0;
  double tiny_ = 0;
  std::vector<float> codes_;  // Values of the codes of small types.
};

}  // namespace tsinspect
