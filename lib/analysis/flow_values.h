// Which values of a function its data flow is drawn with.

#pragma once

#include <vector>

#include "analysis/self_paths.h"
#include "torchscript/graph.h"

namespace tsinspect {

// For each operation, whether it has a part in the data flow: it makes or takes
// what may hold tensors, or it is a number that comes from a tensor's elements
// or from a parameter and that such an operation takes. What is left out is the
// arithmetic of shapes, and what only branches and messages need. With `all`,
// nothing is.
std::vector<bool> flow_values(const torchscript::Program& program,
                              const torchscript::FunctionGraph& function,
                              const SelfPaths& paths, bool all);

}  // namespace tsinspect
