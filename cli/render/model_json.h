// The JSON of what a model has, the same in every command.

#pragma once

#include <span>

#include "render/json.h"
#include "tsinspect/model.h"

namespace tsinspect::cli {

// The members of a tensor's object: "name", "role", "dtype", …, into an object
// that the caller begins and ends.
void write_tensor(Json& json, const Model& model, const Tensor& tensor);

// "findings": [{rule, severity, where, message}, …], the model's and then more.
void write_findings(Json& json, const Model& model,
                    std::span<const Finding> more = {});

}  // namespace tsinspect::cli
