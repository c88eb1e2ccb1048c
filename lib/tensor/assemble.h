// Tensors whose values lie in several places, put together.

#pragma once

#include <string>

#include "tsinspect/model.h"

namespace tsinspect {

// Adds a storage of an assembly; its index. Throws Error(kMalformed) that says
// what is wrong where a part does not lie in the tensor, has not as many bytes
// as its shape needs, or all together have not as many elements as the tensor.
uint32_t add_assembly(Assembly assembly, std::string_view key, Model* model);

// The bytes of an assembly that add_assembly() took. Throws Error.
std::string assemble(const Model& model, const Assembly& assembly,
                     const Limits& limits);

}  // namespace tsinspect
