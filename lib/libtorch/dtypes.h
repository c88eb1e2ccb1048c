// DType and LibTorch's ScalarType, which mean the same.

#pragma once

#include "libtorch/torch.h"
#include "tsinspect/dtype.h"

namespace tsinspect {

// Throws Error(kUnsupported) for one that this DType, or this LibTorch, has
// not.
DType to_dtype(at::ScalarType type);
at::ScalarType to_scalar_type(DType dtype);

}  // namespace tsinspect
