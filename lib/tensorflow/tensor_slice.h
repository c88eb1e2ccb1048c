// TensorSliceProto: which block of a partitioned tensor a slice is.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/protobuf.h"

namespace tsinspect::tensorflow {

struct TensorSlice {
  std::vector<int64_t> start;
  std::vector<int64_t> length;  // -1: all of the dimension.

  // A slice of nothing but whole dimensions.
  bool is_whole() const;
  // Its shape in a tensor of that shape.
  std::vector<int64_t> shape_in(const std::vector<int64_t>& whole) const;
  // As TensorFlow writes it: "0,3:-" for rows 0 to 2 and all columns.
  std::string text() const;
};

// Throws Error: kMalformed, kLimit beyond 254 dimensions.
TensorSlice read_tensor_slice(MessageReader in);

// The key in a checkpoint's table of that slice of a tensor.
std::string slice_key(std::string_view name, const TensorSlice& slice);

}  // namespace tsinspect::tensorflow
