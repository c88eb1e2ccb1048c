// Tensors made of text: functions as torch has them, and nested lists.

#pragma once

#include "libtorch/input_spec.h"
#include "libtorch/torch.h"

namespace tsinspect {

// The tensor of a call, a number, or a list of numbers, nested or not, which
// has the dtype that torch.tensor() would give it. On the CPU.
// Throws Error(kMalformed), and what LibTorch throws.
at::Tensor tensor_from(const InputValue& value);

}  // namespace tsinspect
