// Sums over the differences of two rows of numbers.

#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>

#include "tsinspect/diff.h"

namespace tsinspect {

constexpr uint64_t kNowhere = UINT64_MAX;

// What one piece of two tensors contributes to a ValueDiff. Places are counted
// from the tensors' first value.
struct DifferenceSums {
  uint64_t finite = 0;  // Values finite in both, which the sums are over.
  uint64_t different = 0;
  uint64_t beyond = 0;
  uint64_t nan_in_one = 0;
  uint64_t nan_in_both = 0;
  double abs = 0;
  double squares = 0;
  double a_squares = 0;
  double b_squares = 0;
  double products = 0;
  double max_abs = 0;
  double max_rel = 0;
  uint64_t max_at = kNowhere;
  uint64_t nan_at = kNowhere;  // Of the first NaN that is a difference.

  // Adds those of a piece that lies behind.
  void add(const DifferenceSums& next);

  // All of a ValueDiff but `elements` and the place.
  ValueDiff measures() const;
};

// What counts as a difference.
struct DifferenceRule {
  Tolerance tolerance;
  bool nan_differs = false;
};

// How many values the functions below take at once, at most.
constexpr size_t kBlockValues = 1024;
constexpr size_t kLanes = 8;

// Adds `count` values from place `first` on to *sums. The arrays of doubles
// have room for a whole number of kLanes; what lies behind the values is
// overwritten. `a` and `b` may be the same array.
void add_differences(double* a, double* b, size_t count, uint64_t first,
                     const DifferenceRule& rule, DifferenceSums* sums);
// The same for any number of float32 as they lie in memory.
void add_float32(const std::byte* a, const std::byte* b, size_t count,
                 uint64_t first, const DifferenceRule& rule,
                 DifferenceSums* sums);
void add_differences(const long double* a, const long double* b, size_t count,
                     uint64_t first, const DifferenceRule& rule,
                     DifferenceSums* sums);
void add_differences(const std::complex<double>* a,
                     const std::complex<double>* b, size_t count,
                     uint64_t first, const DifferenceRule& rule,
                     DifferenceSums* sums);

}  // namespace tsinspect
