// Finding the tensors that a user names.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tsinspect/model.h"
#include "tsinspect/slice.h"

namespace tsinspect::cli {

// Tensors of that name: their own, a recovered one, or as it was printed.
std::vector<uint32_t> tensors_named(const Model& model, std::string_view name);

// What "[0, :3]" takes of a tensor; all of it where `slice` is empty. Throws
// Error as parse_slice().
Slice slice_of(const Tensor& tensor, std::string_view slice);

// Throws Error(kNotFound) with what the name may have been meant to be.
[[noreturn]] void fail_not_found(const Model& model, std::string_view name);

}  // namespace tsinspect::cli
