#include "base/checked.h"

#include <algorithm>

namespace tsinspect {

std::optional<uint64_t> checked_elements(std::span<const int64_t> shape) {
  if (std::ranges::any_of(shape, [](int64_t d) { return d < 0; })) {
    return std::nullopt;
  }
  if (std::ranges::find(shape, 0) != shape.end()) return 0;
  uint64_t product = 1;
  for (int64_t size : shape) {
    auto next = checked_multiply(product, static_cast<uint64_t>(size));
    if (!next || *next > INT64_MAX) return std::nullopt;
    product = *next;
  }
  return product;
}

std::optional<uint64_t> checked_extent(std::span<const int64_t> shape,
                                       std::span<const int64_t> strides,
                                       int64_t storage_offset) {
  auto elements = checked_elements(shape);
  if (!elements || storage_offset < 0 || strides.size() != shape.size()) {
    return std::nullopt;
  }
  if (std::ranges::any_of(strides, [](int64_t s) { return s < 0; })) {
    return std::nullopt;
  }
  if (*elements == 0) return 0;
  uint64_t last = static_cast<uint64_t>(storage_offset);
  for (size_t i = 0; i < shape.size(); ++i) {
    auto reach = checked_multiply(static_cast<uint64_t>(shape[i] - 1),
                                  static_cast<uint64_t>(strides[i]));
    auto next = reach ? checked_add(last, *reach) : std::nullopt;
    if (!next) return std::nullopt;
    last = *next;
  }
  return checked_add(last, 1);
}

}  // namespace tsinspect
