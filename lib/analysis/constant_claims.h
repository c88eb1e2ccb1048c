// What the steps of match_constants() find out and hand on.

#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tsinspect/layers.h"
#include "tsinspect/model.h"

namespace tsinspect {

// That a constant is a tensor of the original, for the sake of one layer.
struct Claim {
  uint32_t layer = kNoIndex;     // kNoIndex: of no layer in particular.
  uint32_t original = kNoIndex;  // Row of the original's tensors.
  std::string name = {};         // Where it is not the row's.
  const char* evidence = "content";
  std::string detail = {};
  std::vector<std::string> folded = {};
};

struct Claims {
  Claims(const Model& frozen, size_t layers)
      : of(frozen.tensors.size()), places(layers, kNoIndex) {}

  std::vector<std::vector<Claim>> of;  // As the frozen model's tensors.
  // Place in Originals::modules of the module that each layer was.
  std::vector<uint32_t> places;
  // Places of modules that are in the frozen model only as what was folded.
  std::set<uint32_t> absorbed;

  bool has(uint32_t tensor, uint32_t layer) const {
    for (const Claim& claim : of[tensor]) {
      if (claim.layer == layer) return true;
    }
    return false;
  }
};

}  // namespace tsinspect
