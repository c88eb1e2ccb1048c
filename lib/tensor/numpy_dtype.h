// NumPy's type strings.

#pragma once

#include <optional>
#include <string_view>

#include "tsinspect/dtype.h"

namespace tsinspect {

struct NumpyDType {
  DType dtype = DType::kOpaque;
  bool big_endian = false;
  uint32_t item_bytes = 0;
};

// Reads "<f4", "|b1", ">i8", "f4", "<U5". Strings, dates and raw bytes are
// kOpaque; objects ("O") and what is no type string at all are empty.
std::optional<NumpyDType> parse_numpy_dtype(std::string_view type);

}  // namespace tsinspect
