#include "tensor/gather.h"

#include <algorithm>
#include <cstring>

namespace tsinspect {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 20;

// Runs at least this long are worth a call of their own.
constexpr size_t kDirectRunBytes = size_t{64} << 10;

struct Dimension {
  size_t size;
  size_t step_bytes;
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

// Collects elements in a buffer and hands it on whenever it is full.
class Gatherer {
 public:
  Gatherer(size_t item_bytes, const ByteTransform& transform,
           const ByteSink& sink)
      : item_bytes_(item_bytes),
        capacity_(std::max<size_t>(kPieceBytes / item_bytes, 1)),
        transform_(transform),
        sink_(sink) {}

  void add(const std::byte* in, size_t count, size_t step) {
    bool direct = !transform_ && step == item_bytes_ &&
                  count * item_bytes_ >= kDirectRunBytes;
    if (direct) flush();
    while (count > 0) {
      size_t n = std::min(count, capacity_ - used_);
      if (direct) {
        sink_({in, n * item_bytes_});
      } else {
        buffer_.resize((used_ + n) * item_bytes_);
        copy_strided(buffer_.data() + used_ * item_bytes_, in, n, step,
                     item_bytes_);
        used_ += n;
        if (used_ == capacity_) flush();
      }
      in += n * step;
      count -= n;
    }
  }

  void flush() {
    if (used_ == 0) return;
    if (transform_) transform_(buffer_);
    sink_(buffer_);
    buffer_.clear();
    used_ = 0;
  }

 private:
  size_t item_bytes_;
  size_t capacity_;  // In elements, like used_.
  size_t used_ = 0;
  std::vector<std::byte> buffer_;
  const ByteTransform& transform_;
  const ByteSink& sink_;
};

}  // namespace

void gather(const StridedView& view, const ByteTransform& transform,
            const ByteSink& sink) {
  if (view.item_bytes == 0 ||
      std::ranges::find(view.shape, 0) != view.shape.end())
    return;
  auto dimensions = collapse(view);
  Dimension row = dimensions.back();
  dimensions.pop_back();

  Gatherer out(view.item_bytes, transform, sink);
  std::vector<size_t> index(dimensions.size(), 0);
  const std::byte* at = view.data;
  while (true) {
    out.add(at, row.size, row.step_bytes);
    size_t i = dimensions.size();
    while (i-- > 0) {
      at += dimensions[i].step_bytes;
      if (++index[i] < dimensions[i].size) break;
      at -= dimensions[i].size * dimensions[i].step_bytes;
      index[i] = 0;
    }
    if (i == SIZE_MAX) break;
  }
  out.flush();
}

}  // namespace tsinspect
