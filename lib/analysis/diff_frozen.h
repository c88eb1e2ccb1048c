// Comparing a model with the frozen one that was made of it.

#pragma once

#include <cstdint>
#include <vector>

#include "analysis/diff_match.h"
#include "tsinspect/diff.h"
#include "tsinspect/model.h"

namespace tsinspect {

// Whether a tensor is a frozen model's constant that was made of the other
// model's tensors, not kept as it is: by folding or transposing.
bool is_derived(const Tensor& tensor);

// Pairs tensors of one model with the constant of the other that stands for
// them besides the one whose name it has: RecoveredName::also.
void pair_pooled(const Model& a, const Model& b, NameMatch* match);

// Takes the tensors off match->only_a and only_b that freezing explains, where
// one of the models looks like the other after freezing.
Absorbed take_absorbed(const Model& a, const Model& b, NameMatch* match);

// Takes out of *match what only the form of a model has, where the forms are
// not the same. The last step of matching.
FormsOwn take_forms_own(const Model& a, const Model& b, NameMatch* match);

}  // namespace tsinspect
