// LibTorch's tensors as a Model, so that whatever reads a Model (statistics,
// tables, exports) reads them.

#pragma once

#include <string>

#include "libtorch/torch.h"
#include "tsinspect/model.h"

namespace tsinspect {

// Appends `tensor` to Model::tensors under this name and keeps it alive with
// the model. Values in memory of the CPU are viewed, not copied: clone what may
// change. Of a sparse tensor its parts are appended, as the readers of files
// name them ("x.indices", "x.values"); a meta tensor has no storage. Returns
// the row of the (first) tensor. Throws Error(kUnsupported) for a dtype or
// layout that no Model has.
uint32_t append_tensor(Model* model, std::string name,
                       const at::Tensor& tensor);

}  // namespace tsinspect
