// The names of a frozen model's constants, found by comparing them with the
// model that it was frozen from.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tsinspect/layers.h"
#include "tsinspect/model.h"

namespace tsinspect {

// What one constant of a frozen model is in its original.
struct ConstantMatch {
  uint32_t tensor = 0;  // Row of the frozen model's tensors.
  // `evidence` is, best first: "content", the bytes of the values are equal;
  // "transposed", equal to the transpose; "structure", equal to several
  // originals and chosen by the layer that it is in, and by order; "folded",
  // the original with other modules folded in; "part", rows of the original.
  RecoveredName recovered;
  // Row of the original's tensors. kNoIndex for a bias that only folding made;
  // its name is the one that it would have.
  uint32_t original = kNoIndex;
  // Modules, or tensors of no module's, that were folded in: "layer1.bn1".
  std::vector<std::string> folded;
};

// In order of the frozen model's tensors; those that are no constants or of
// which nothing is known are absent. `layers` are the frozen model's. Tensors
// that cannot be read match nothing. Takes two passes over the bytes of
// constants and of the originals of their shapes, and little memory.
std::vector<ConstantMatch> match_constants(const Model& frozen,
                                           std::span<const Layer> layers,
                                           const Model& original,
                                           const Limits& limits = {});

}  // namespace tsinspect
