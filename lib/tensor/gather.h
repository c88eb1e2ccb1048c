// Walks strided memory in logical order.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tsinspect {

// Elements of `item_bytes` each, laid out by `strides` (in elements).
struct StridedView {
  const std::byte* data;  // The first element.
  std::span<const int64_t> shape;
  std::span<const int64_t> strides;
  size_t item_bytes;
};

// Copies elements in row-major order, from the `first`-th on, until `out`,
// whole elements, is full. The caller has checked that the view lies within
// its memory and has that many elements.
void gather(const StridedView& view, uint64_t first, std::span<std::byte> out);

}  // namespace tsinspect
