// Checked construction of Model's tensors and storages.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// Strides of a contiguous (row-major) tensor, in elements, as torch has them.
std::vector<int64_t> contiguous_strides(std::span<const int64_t> shape);

// Checks that a tensor's shape, strides and offset are sound and, where it has
// a storage, lie within it. Throws Error(kMalformed) that names the tensor.
void check_tensor(const Model& model, const Tensor& tensor);

// Throws Error(kUnsupported) that names a tensor without a storage, and says
// why it has none.
[[noreturn]] void fail_without_data(const Tensor& tensor);

}  // namespace tsinspect
