// The values of two tensors of one shape, side by side.

#pragma once

#include <optional>

#include "analysis/diff_kernel.h"
#include "tsinspect/diff.h"
#include "tsinspect/values.h"

namespace tsinspect {

// A tensor, or a view of one, and the model it is in. Both must outlive this.
struct TensorOf {
  const Model& model;
  const Tensor& tensor;
};

struct ValueRule {
  DifferenceRule difference;
  Limits limits;
  unsigned threads = 1;
  std::function<void(uint64_t bytes)> progress;
};

// Thrown where one of two tensors cannot be read.
struct UnreadableTensor {
  bool in_b;
  Error error;
};

struct ValueOutcome {
  // Not all bits are the same; set only where the encodings are.
  bool other_bits = false;
  std::optional<ValueDiff> values;  // Where any value or bit differs.
};

// Throws UnreadableTensor.
ValueOutcome compare_values(const TensorOf& a, const TensorOf& b,
                            const ValueRule& rule);

}  // namespace tsinspect
