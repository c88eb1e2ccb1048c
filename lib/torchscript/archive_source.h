// The records of TorchScript source that an archive has.

#pragma once

#include "rebuild/archive.h"
#include "torchscript/library.h"
#include "tsinspect/limits.h"
#include "tsinspect/model.h"

namespace tsinspect {

// Adds every `code/**.py` to *library. One that is no TorchScript becomes a
// finding of *model: only what it tells is lost.
void read_source(Archive* archive, const Limits& limits,
                 torchscript::Library* library, Model* model);

}  // namespace tsinspect
