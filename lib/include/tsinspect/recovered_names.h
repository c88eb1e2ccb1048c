// Names for the constants of a frozen model, which has lost them.

#pragma once

#include <cstdint>

#include "tsinspect/model.h"

namespace tsinspect {

struct NameRecovery {
  uint32_t constants = 0;  // Tensors that are constants.
  uint32_t named = 0;      // Of these, with a recovered name.
  // Of these, by comparing with the original: equal to one of its tensors, and
  // made of some by folding.
  uint32_t equal = 0;
  uint32_t folded = 0;
};

// Sets TensorDetails::recovered of the constants of a TorchScript model, and of
// packed parameters, by the best evidence there is:
//
// 1. `original`, if given: the model before it was frozen, in any form. Equal
//    values, or a convolution's or linear layer's with what was folded in.
// 2. In a traced model, the call stacks that its debug records hold.
// 3. The operator that takes the constant, and as which argument.
//
// In an ONNX model only the first is done, for convolutions that a batch norm
// was folded into.
//
// Recovered names are unique, and no other tensor of the model has them as its
// own. They depend on nothing but the file, and the original. Without one, no
// values are read. Names of an earlier call are forgotten.
NameRecovery recover_names(Model* model, const Model* original = nullptr);

// Whether `frozen` looks like `original` after freezing: it is TorchScript, has
// constants, more than the other, and fewer tensors that are none.
bool looks_frozen_from(const Model& frozen, const Model& original);

// recover_names() of two models that are to be compared: each with the other as
// its original, where it looks frozen from that.
void recover_names_of_both(Model* a, Model* b);

}  // namespace tsinspect
