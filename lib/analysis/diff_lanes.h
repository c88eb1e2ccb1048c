// The inner loop of comparing numbers, for the processor it runs on.

#pragma once

#include <cstddef>
#include <cstdint>

#include "analysis/diff_kernel.h"

namespace tsinspect {

// One sum a lane, so that the order of additions, and with it the result, is
// the same on every processor.
struct Lanes {
  double abs[kLanes], squares[kLanes], a_squares[kLanes], b_squares[kLanes],
      products[kLanes], max_abs[kLanes], max_rel[kLanes];
  int64_t max_at[kLanes], different[kLanes], beyond[kLanes];
};

// Both fill *out with what `count` values add, a whole number of kLanes,
// aligned or not. Right for finite values only. The two rows may be the same
// one.
struct LaneKernels {
  void (*doubles)(const double*, const double*, size_t, const Tolerance&,
                  Lanes*);
  void (*floats)(const std::byte*, const std::byte*, size_t, const Tolerance&,
                 Lanes*);
};

// Those of the best instruction set there is.
const LaneKernels& lane_kernels();

}  // namespace tsinspect
