// How long the tests that repeat something do so: those are named …Soak…, and
// scripts/soak.sh gives them more rounds than continuous integration.

#pragma once

#include <algorithm>
#include <cstdlib>

namespace tsinspect {

// `usual` rounds, times TSINSPECT_SOAK_ROUNDS where that is set.
inline int soak_rounds(int usual) {
  const char* times = std::getenv("TSINSPECT_SOAK_ROUNDS");
  return usual * (times ? std::max(1, std::atoi(times)) : 1);
}

}  // namespace tsinspect
