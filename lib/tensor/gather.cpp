#include "tensor/gather.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace tsinspect {
namespace {

struct Dimension {
  size_t size;
  size_t step_bytes;
  size_t index = 0;  // Of the walk.
};

// The view's dimensions, outermost first, those that are one run in memory
// merged; at least one.
std::vector<Dimension> collapse(const StridedView& view) {
  std::vector<Dimension> result;
  for (size_t i = 0; i < view.shape.size(); ++i) {
    if (view.shape[i] == 1) continue;
    Dimension next = {static_cast<size_t>(view.shape[i]),
                      static_cast<size_t>(view.strides[i]) * view.item_bytes};
    if (!result.empty() &&
        result.back().step_bytes == next.size * next.step_bytes) {
      next.size *= result.back().size;
      result.pop_back();
    }
    result.push_back(next);
  }
  if (result.empty()) result.push_back({1, view.item_bytes});
  return result;
}

// Copies `count` elements of a constant size, which compiles to moves.
template <size_t N>
void copy_items(std::byte* out, const std::byte* in, size_t count,
                size_t step) {
  for (size_t i = 0; i < count; ++i) {
    std::memcpy(out + i * N, in + i * step, N);
  }
}

void copy_strided(std::byte* out, const std::byte* in, size_t count,
                  size_t step, size_t item_bytes) {
  if (step == item_bytes) {
    std::memcpy(out, in, count * item_bytes);
    return;
  }
  switch (item_bytes) {
    case 1:
      return copy_items<1>(out, in, count, step);
    case 2:
      return copy_items<2>(out, in, count, step);
    case 4:
      return copy_items<4>(out, in, count, step);
    case 8:
      return copy_items<8>(out, in, count, step);
    case 16:
      return copy_items<16>(out, in, count, step);
  }
  for (size_t i = 0; i < count; ++i) {
    std::memcpy(out + i * item_bytes, in + i * step, item_bytes);
  }
}

// Goes to the `position`-th element, and returns its offset in bytes.
size_t seek(std::span<Dimension> dimensions, uint64_t position) {
  size_t offset = 0;
  for (size_t i = dimensions.size(); i-- > 0;) {
    dimensions[i].index = position % dimensions[i].size;
    offset += dimensions[i].index * dimensions[i].step_bytes;
    position /= dimensions[i].size;
  }
  return offset;
}

}  // namespace

void gather(const StridedView& view, uint64_t first, std::span<std::byte> out) {
  if (out.empty()) return;
  auto dimensions = collapse(view);
  const std::byte* at = view.data + seek(dimensions, first);
  const Dimension row = dimensions.back();
  std::span outer(dimensions.data(), dimensions.size() - 1);
  size_t left = out.size() / view.item_bytes;
  std::byte* to = out.data();
  for (size_t skipped = row.index;; skipped = 0) {
    size_t count = std::min(left, row.size - skipped);
    copy_strided(to, at, count, row.step_bytes, view.item_bytes);
    left -= count;
    if (left == 0) return;
    to += count * view.item_bytes;
    at -= skipped * row.step_bytes;  // Back to where the row begins.
    for (size_t i = outer.size(); i-- > 0;) {
      at += outer[i].step_bytes;
      if (++outer[i].index < outer[i].size) break;
      at -= outer[i].size * outer[i].step_bytes;
      outer[i].index = 0;
    }
  }
}

}  // namespace tsinspect
