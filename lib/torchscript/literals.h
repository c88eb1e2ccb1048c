// Values of source text as LibTorch prints them.

#pragma once

#include <string>
#include <string_view>

#include "torchscript/syntax.h"

namespace tsinspect::torchscript {

// A default value as c10::IValue prints it: `1.` for a double that is integral,
// 17 digits for any other, strings without quotes, `annotate(T, v)` as v. What
// is no literal is shown as it is written.
std::string value_text(const Tree& tree, NodeId id);

// A number as people write it, "1e-05" for 1.0000000000000001e-05; any other
// text as it is.
std::string plain_value(std::string_view text);

// A string as schemas quote it, what is not printable in octal.
std::string quoted_text(std::string_view text);

}  // namespace tsinspect::torchscript
