// NumPy's basic slices: `[0, :, ::-2, ...]`.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tsinspect {

// A part of a tensor: along each of the tensor's dimensions, where it starts,
// how many elements it takes and how far apart they are.
struct Slice {
  struct Dimension {
    int64_t start = 0;
    int64_t count = 0;
    int64_t step = 1;
    bool dropped = false;  // By a plain index: not in the result's shape.
  };
  std::vector<Dimension> dimensions;

  // The shape of the result.
  std::vector<int64_t> shape() const;
};

// The whole of a tensor.
Slice whole_slice(std::span<const int64_t> shape);

// `text` is what stands between the brackets. Throws Error(kNotFound) for what
// NumPy would refuse: an index out of range, too many of them, a zero step,
// anything but integers, slices and one ellipsis.
Slice parse_slice(std::string_view text, std::span<const int64_t> shape);

}  // namespace tsinspect
