// The attributes of a node, as they are shown.

#pragma once

#include <string_view>
#include <vector>

#include "tsinspect/dataflow.h"

namespace tsinspect::tensorflow {

// Of a NodeDef; `file` is what offsets in errors count from. Throws
// Error(kMalformed).
std::vector<NodeAttribute> node_attributes(std::string_view node,
                                           std::string_view file);

}  // namespace tsinspect::tensorflow
