// Batch norms that an exporter folded into the convolutions of an ONNX model.

#pragma once

#include <cstdint>

#include "tsinspect/model.h"

namespace tsinspect {

// Sets TensorDetails::recovered of the weights and biases of convolutions that
// are the original's with a batch norm of it folded in, and that have no name
// of the original. Returns how many. A convolution whose tensors cannot be read
// keeps its names.
uint32_t name_exported_folds(Model* model, const Model& original);

}  // namespace tsinspect
