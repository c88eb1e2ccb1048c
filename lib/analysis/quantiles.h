// Quantiles of values: exact by selection, or from counts of their leading
// bits.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tsinspect/stats.h"

namespace tsinspect {

// Of finite values, not empty, which get reordered.
template <typename T>
Quantiles exact_quantiles(std::vector<T>* values);

// Counts values by the top half of their float32's bits, in numerical order:
//
//   sign, 8 bits of exponent, 7 bits of mantissa
//
// so that a bin is at most 2^-7 of its values wide. Counts of several parts of
// a tensor can be added up in any order.
class KeyCounts {
 public:
  KeyCounts() : counts_(size_t{1} << 16) {}

  // NaN and infinities are left out.
  template <typename T>
  void add(std::span<const T> values);
  void merge(const KeyCounts& other);

  // Of all values, which lie between `min` and `max`; there is at least one.
  Quantiles quantiles(double min, double max) const;

 private:
  std::vector<uint64_t> counts_;
};

}  // namespace tsinspect
