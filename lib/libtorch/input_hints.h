// What to suggest where a model wants inputs and was given none.

#pragma once

#include <string>

#include "libtorch/torch.h"
#include "tsinspect/model.h"

namespace tsinspect {

// What the method wants, with options to copy, as the message of an error:
// tensors have the shape that the model's first weights take. `path` is read
// for what the module does not tell: constants of a frozen one, extra files.
std::string missing_inputs_text(const torch::jit::Module& module,
                                const c10::FunctionSchema& schema,
                                const std::string& path);

}  // namespace tsinspect
