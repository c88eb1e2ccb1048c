// The layers of a frozen model.

#pragma once

#include <span>
#include <string>

#include "render/json.h"
#include "tsinspect/layers.h"
#include "tsinspect/model.h"

namespace tsinspect::cli {

// "conv1 (conv2d): weight [8, 3, 3, 3], bias [8]; stride [2, 2]", escaped.
std::string layer_text(const Model& model, const Layer& layer);

// "layers": [{name, operator, function, record, offset, tensors, settings}, …]
void write_layers(Json& json, const Model& model,
                  std::span<const Layer> layers);

}  // namespace tsinspect::cli
