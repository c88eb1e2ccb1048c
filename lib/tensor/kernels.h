// Inner loops of statistics, in the widest vectors the processor has.
//
// What they give does not depend on the processor: sums are kept in eight lanes
// of float64, element i in lane i mod 8, without fused multiply-add, and added
// up in a fixed order.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tsinspect {

// What one pass over a block of values gives.
struct BlockSums {
  double offsets = 0;       // Of x - pivot.
  double squares = 0;       // Of (x - pivot)^2.
  double magnitudes = 0;    // Of |x|. Not finite if any value is not.
  double min = 0, max = 0;  // Meaningless if any value is NaN.
  uint64_t small = 0;       // Values with |x| < `tiny`, zeros among them.
};

// `values` is not empty.
BlockSums sum_block(std::span<const float> values, double pivot, float tiny);
BlockSums sum_block(std::span<const double> values, double pivot, double tiny);

// Zeros of either sign.
size_t count_zeros(std::span<const float> values);
size_t count_zeros(std::span<const double> values);

// Conversions of `count` values, little-endian, to the same numbers.
void floats_from_bfloat16(const std::byte* in, size_t count, float* out);
void floats_from_float16(const std::byte* in, size_t count, float* out);
void floats_from_int8(const std::byte* in, size_t count, float* out);
void floats_from_uint8(const std::byte* in, size_t count, float* out);
void floats_from_int16(const std::byte* in, size_t count, float* out);
void floats_from_uint16(const std::byte* in, size_t count, float* out);

}  // namespace tsinspect
