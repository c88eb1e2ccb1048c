// Finding the tensors that a user names.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect::cli {

// Tensors of that name: their own, a recovered one, or as it was printed.
std::vector<uint32_t> tensors_named(const Model& model, std::string_view name);

// Throws Error(kNotFound) with what the name may have been meant to be.
[[noreturn]] void fail_not_found(const Model& model, std::string_view name);

}  // namespace tsinspect::cli
