// NumPy's scalars, which are values and not arrays.

#pragma once

#include <optional>
#include <string>

#include "tsinspect/objects.h"

namespace tsinspect {

// What str() says of a numpy.float64(2.5) or its like: "2.5". Empty if the
// object is no NumPy number, or not a sound one.
std::optional<std::string> numpy_scalar_text(const ObjectGraph& objects,
                                             ObjectRef object);

}  // namespace tsinspect
