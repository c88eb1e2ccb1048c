// TensorShapeProto.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/protobuf.h"

namespace tsinspect::tensorflow {

// Sizes of the dimensions, -1 where one is not known; empty where not even
// their number is. Throws Error: kMalformed, kLimit beyond 254 dimensions.
using Shape = std::optional<std::vector<int64_t>>;
Shape read_shape(MessageReader in);

}  // namespace tsinspect::tensorflow
