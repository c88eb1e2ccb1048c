// Walks strided memory in logical order.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace tsinspect {

using ByteSink = std::function<void(std::span<const std::byte>)>;
// Changes bytes in place, before a sink gets them.
using ByteTransform = std::function<void(std::span<std::byte>)>;

// Elements of `item_bytes` each, laid out by `strides` (in elements).
struct StridedView {
  const std::byte* data;  // The first element.
  std::span<const int64_t> shape;
  std::span<const int64_t> strides;
  size_t item_bytes;
};

// Passes the elements to `sink` in row-major order, whole elements, at most
// 1 MiB (or one element) at a time. Without a `transform`, runs that lie
// contiguous are passed as they are, uncopied. The caller has checked that the
// view lies within its memory.
void gather(const StridedView& view, const ByteTransform& transform,
            const ByteSink& sink);

}  // namespace tsinspect
