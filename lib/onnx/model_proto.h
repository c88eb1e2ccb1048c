// ModelProto: a whole ONNX model.

#pragma once

#include <cstdint>
#include <string_view>

#include "tsinspect/limits.h"
#include "tsinspect/model.h"

namespace tsinspect::onnx {

// Whether `data`, perhaps cut off, begins like a ModelProto. Never throws.
bool looks_like_model(std::string_view data);

// Fills *model from the ModelProto `message`, which lies in that file of the
// model, or, if `file` is kNoIndex, in memory that it owns. Model::path is what
// external data is looked for beside. Throws Error.
void read_model(std::string_view message, uint32_t file, const Limits& limits,
                Model* model);

}  // namespace tsinspect::onnx
