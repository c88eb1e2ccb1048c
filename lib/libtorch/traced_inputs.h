// What a traced file tells of the inputs it was traced with.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// Inputs like the ones a method was traced with, without `self`, as `--input`
// takes them: "rand(1,3,224,224)". The archive's record traced_inputs.pkl has
// dtypes and shapes of tensors, but not their values; all else is as it was.
// Unset where it has no such record of the method, or one that cannot be read.
std::optional<std::vector<std::string>> traced_inputs(const Model& model,
                                                      std::string_view method);

}  // namespace tsinspect
