// Arithmetic on numbers that come from a file: empty instead of wrapping.

#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace tsinspect {

inline std::optional<uint64_t> checked_add(uint64_t a, uint64_t b) {
  uint64_t sum;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

inline std::optional<uint64_t> checked_multiply(uint64_t a, uint64_t b) {
  uint64_t product;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

// Product of a shape; empty if a dimension is negative or the product exceeds
// int64. A zero dimension makes it zero, whatever the others.
std::optional<uint64_t> checked_elements(std::span<const int64_t> shape);

// Elements from the first to behind the last one that a strided view reaches,
// counted from the start of its storage; empty on a negative stride or offset,
// a count of strides that is not the shape's, or overflow. An empty view
// reaches none.
std::optional<uint64_t> checked_extent(std::span<const int64_t> shape,
                                       std::span<const int64_t> strides,
                                       int64_t storage_offset);

// Bytes that `elements` of `bits` each take, packed; empty on overflow.
inline std::optional<uint64_t> checked_bytes(uint64_t elements, uint64_t bits) {
  if (bits % 8 == 0) return checked_multiply(elements, bits / 8);
  auto total = checked_multiply(elements, bits);
  if (!total) return std::nullopt;
  return *total / 8 + (*total % 8 != 0);
}

}  // namespace tsinspect
