// Which statistics a reader should look at first.

#pragma once

#include <span>

#include "tsinspect/model.h"
#include "tsinspect/stats.h"

namespace tsinspect {

// Sets the flags of tensors whose statistics are known, compared with each
// other. kScale: among at least four tensors of floating point whose names end
// alike (`weight` with `weight`), with as many dimensions, the root mean square
// is over 100 times the median.
void flag_tensors(const Model& model, std::span<const uint32_t> rows,
                  std::span<TensorStats> stats);

}  // namespace tsinspect
