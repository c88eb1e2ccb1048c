// Count, mean and variance of values, merged without loss of accuracy.

#pragma once

#include <cmath>
#include <cstdint>

namespace tsinspect {

// Of finite values. The mean has twice a double's precision, so that neither
// many merges nor a large mean beside a small variance cost any digits.
struct Moments {
  uint64_t count = 0;
  double mean = 0, mean_low = 0;  // Their sum.
  double squares = 0;             // Of distances from the mean, summed up.
  double magnitudes = 0;          // Of all values, summed up.

  // Adds `offset`, much smaller than the mean or not, to it.
  void shift_mean(double offset) {
    double sum = mean + offset;
    double part = sum - mean;
    double lost = (mean - (sum - part)) + (offset - part);
    if (std::isfinite(lost)) mean_low += lost;
    mean = sum;
  }

  // Becomes that of both sets of values: Chan, Golub and LeVeque's formula.
  void merge(const Moments& other) {
    if (other.count == 0) return;
    if (count == 0) {
      *this = other;
      return;
    }
    uint64_t both = count + other.count;
    double distance = (other.mean - mean) + (other.mean_low - mean_low);
    double share = static_cast<double>(other.count) / static_cast<double>(both);
    squares += other.squares +
               distance * distance * static_cast<double>(count) * share;
    shift_mean(distance * share);
    magnitudes += other.magnitudes;
    count = both;
  }

  double std() const { return std::sqrt(squares / static_cast<double>(count)); }
  double l2() const {
    double centre = mean + mean_low;
    return std::sqrt(squares + static_cast<double>(count) * centre * centre);
  }
  double mean_abs() const { return magnitudes / static_cast<double>(count); }
};

}  // namespace tsinspect
