// Comparing a model with the frozen one that was made of it.

#pragma once

#include <cstdint>
#include <vector>

#include "analysis/diff_match.h"
#include "tsinspect/model.h"

namespace tsinspect {

// Whether a tensor is a frozen model's constant that was made of the other
// model's tensors, not kept as it is: by folding or transposing.
bool is_derived(const Tensor& tensor);

// Pairs tensors of one model with the constant of the other that stands for
// them besides the one whose name it has: RecoveredName::also.
void pair_pooled(const Model& a, const Model& b, NameMatch* match);

// Takes those tensors off match->only_a, or off only_b where A is the frozen
// model, that freezing leaves no constant for: they were folded into others, or
// count batches, which inference does not. Returns the rows.
std::vector<uint32_t> take_absorbed(const Model& a, const Model& b,
                                    NameMatch* match);

}  // namespace tsinspect
