#include "analysis/quantiles.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

namespace tsinspect {
namespace {

constexpr uint32_t kSign = 0x8000'0000;
constexpr float kLargest = std::numeric_limits<float>::max();

// An integer that is the greater the greater the float.
uint32_t key_of(float value) {
  auto bits = std::bit_cast<uint32_t>(value);
  return bits ^ (bits & kSign ? UINT32_MAX : kSign);
}

float float_of(uint32_t key) {
  return std::bit_cast<float>(key ^ (key & kSign ? kSign : UINT32_MAX));
}

// Where in sorted values a quantile lies: `share` of the way from the one at
// `index` to the next.
struct Position {
  uint64_t index;
  double share;
};

Position position_of(double quantile, uint64_t count) {
  double at = quantile * static_cast<double>(count - 1);
  double whole = std::floor(at);
  return {static_cast<uint64_t>(whole), at - whole};
}

double interpolate(double low, double high, double share) {
  return low + (high - low) * share;
}

// Values as sorted, told from the counts of a histogram of their keys.
class SortedBins {
 public:
  SortedBins(std::span<const uint64_t> counts, double min, double max)
      : counts_(counts), min_(min), max_(max) {}

  // The value at `index`; asked for in ascending order. Values of a bin are
  // taken to lie evenly in it.
  double at(uint64_t index) {
    while (before_ + counts_[bin_] <= index) before_ += counts_[bin_++];
    auto low = static_cast<uint32_t>(bin_ << 16);
    double from = std::max(min_, clamped(float_of(low)));
    double to = std::min(max_, clamped(float_of(low | 0xffff)));
    uint64_t count = counts_[bin_];
    if (count == 1) return interpolate(from, to, 0.5);
    return interpolate(
        from, to,
        static_cast<double>(index - before_) / static_cast<double>(count - 1));
  }

 private:
  static double clamped(float value) {
    return std::isnan(value) ? std::copysign(kLargest, value)
                             : std::clamp(value, -kLargest, kLargest);
  }

  std::span<const uint64_t> counts_;
  double min_, max_;
  size_t bin_ = 0;
  uint64_t before_ = 0;  // Values in the bins before bin_.
};

}  // namespace

template <typename T>
Quantiles exact_quantiles(std::vector<T>* values) {
  Quantiles result;
  auto begin = values->begin();  // What is before is sorted in already.
  for (size_t i = 0; i < kQuantiles.size(); ++i) {
    auto [index, share] = position_of(kQuantiles[i], values->size());
    auto low = values->begin() + static_cast<ptrdiff_t>(index);
    std::nth_element(begin, low, values->end());
    auto high = low + 1 == values->end()
                    ? low
                    : std::min_element(low + 1, values->end());
    result.values[i] = interpolate(static_cast<double>(*low),
                                   static_cast<double>(*high), share);
    begin = low;
  }
  return result;
}

template Quantiles exact_quantiles(std::vector<float>*);
template Quantiles exact_quantiles(std::vector<double>*);
template Quantiles exact_quantiles(std::vector<int64_t>*);
template Quantiles exact_quantiles(std::vector<uint64_t>*);

template <typename T>
void KeyCounts::add(std::span<const T> values) {
  for (T value : values) {
    if (!std::isfinite(static_cast<double>(value))) continue;
    auto narrow = static_cast<double>(value);
    narrow = std::clamp<double>(narrow, -kLargest, kLargest);
    ++counts_[key_of(static_cast<float>(narrow)) >> 16];
  }
}

template <>
void KeyCounts::add(std::span<const float> values) {
  for (float value : values) {
    uint32_t key = key_of(value) >> 16;
    // All exponent bits set: infinite or NaN.
    if ((std::bit_cast<uint32_t>(value) & 0x7f80'0000) != 0x7f80'0000) {
      ++counts_[key];
    }
  }
}

template void KeyCounts::add(std::span<const double>);
template void KeyCounts::add(std::span<const int64_t>);
template void KeyCounts::add(std::span<const uint64_t>);

void KeyCounts::merge(const KeyCounts& other) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

Quantiles KeyCounts::quantiles(double min, double max) const {
  uint64_t count = std::accumulate(counts_.begin(), counts_.end(), uint64_t{0});
  SortedBins sorted(counts_, min, max);
  Quantiles result;
  result.error = 0x1p-7;
  for (size_t i = 0; i < kQuantiles.size(); ++i) {
    auto [index, share] = position_of(kQuantiles[i], count);
    double low = sorted.at(index);
    double high = index + 1 < count ? sorted.at(index + 1) : low;
    result.values[i] = interpolate(low, high, share);
  }
  return result;
}

}  // namespace tsinspect
