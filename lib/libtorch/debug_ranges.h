// Which Python line a piece of an archive's TorchScript comes from.

#pragma once

#include <memory>
#include <string>

#include "libtorch/torch.h"

namespace tsinspect {

// What a record `code/….py.debug_pkl` says, read once it is asked for the first
// time. It never fails: what cannot be read says nothing.
std::shared_ptr<torch::jit::SourceRangeUnpickler> debug_ranges(
    std::string record);

}  // namespace tsinspect
