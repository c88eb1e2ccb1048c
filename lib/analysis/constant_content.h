// Constants of a frozen model that contain what tensors of its original do.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analysis/constant_originals.h"
#include "tsinspect/model.h"

namespace tsinspect {

// Originals of one dtype, shape and content.
struct EqualRows {
  std::vector<uint32_t> rows;  // In order.
  bool is_one_value = false;   // Throughout: says little about what it is.
};

struct ContentMatch {
  uint32_t group = kNoIndex;  // Index into Contents::groups.
  bool is_transposed = false;
};

struct Contents {
  std::vector<EqualRows> groups;
  std::vector<ContentMatch> matches;  // As the frozen model's tensors.
};

// What the rows `constants` of the frozen model are equal to. Equal content is
// found by hash and confirmed byte by byte, each tensor against one other, so
// that any number of equal ones takes two passes.
Contents match_contents(const Model& frozen,
                        std::span<const uint32_t> constants,
                        const Originals& originals, const Limits& limits);

}  // namespace tsinspect
