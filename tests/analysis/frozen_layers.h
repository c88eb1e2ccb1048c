// Layers of frozen models, for tests of what becomes of their constants.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tsinspect/layers.h"

namespace tsinspect {

// A layer that takes rows of the frozen model's tensors in such roles.
inline Layer layer_of(const std::string& op,
                      std::vector<std::pair<std::string, uint32_t>> tensors,
                      std::vector<LayerSetting> settings = {}) {
  Layer layer;
  layer.op = op;
  for (auto& [role, tensor] : tensors) {
    layer.tensors.push_back({role, tensor, {}});
  }
  layer.settings = std::move(settings);
  return layer;
}

// The layers of a frozen fixture, as far as its calls name CONSTANTS
// themselves.
std::vector<Layer> layers_by_text(const Model& model);

}  // namespace tsinspect
