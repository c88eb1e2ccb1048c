// Memory that a model's structure takes, bounded.

#pragma once

#include <cstdint>

#include "tsinspect/limits.h"

namespace tsinspect {

// A file can describe nodes and tensors in a few bytes each that take hundreds
// here. This counts what they take; a model of a hundred thousand constants of
// one number each, and as many nodes, is within it.
class Budget {
 public:
  Budget(const Limits& limits, uint64_t file_bytes)
      : left_(limits.metadata_limit(file_bytes) + limits.metadata_bytes / 2) {}

  // Throws Error(kLimit) once too much was charged.
  void charge(uint64_t bytes);

 private:
  uint64_t left_;
};

}  // namespace tsinspect
