// The tensors and other values that a value is made of, by where they are.

#pragma once

#include <functional>
#include <string>

#include "libtorch/torch.h"

namespace tsinspect {

// Calls `leaf` with the dotted place of each value in tuples, lists and dicts,
// however deep ("0", "k.1"), and an empty place for what is none of these. A
// list or dict without a tensor in it is one leaf: a shape, a set of options.
void for_each_leaf(const c10::IValue& value,
                   const std::function<void(const std::string& place,
                                            const c10::IValue&)>& leaf);

// Whether two values are the same, tensors bit for bit.
bool same_values(const c10::IValue& a, const c10::IValue& b);

// A value that is not a tensor, as a line of text: `3`, `None`, `[1, 2]`; an
// object by its class.
std::string value_text(const c10::IValue& value);

}  // namespace tsinspect
