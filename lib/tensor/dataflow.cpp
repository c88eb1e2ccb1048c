#include "tsinspect/dataflow.h"

#include <array>

namespace tsinspect {

const char* to_string(DataflowGraphKind kind) {
  constexpr std::array kNames = {"main", "subgraph", "function"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace tsinspect
