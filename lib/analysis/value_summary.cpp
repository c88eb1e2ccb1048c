#include "analysis/value_summary.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

namespace tsinspect {
namespace {

// A value near most of a block's: its first one, or, of many, what the first
// few are on average. Distances from it lose no digits that the variance needs:
// even if these few are unlike the rest, they are enough of it to widen it.
template <typename T>
double pivot_of(std::span<const T> values) {
  constexpr size_t kFew = 32;
  auto first = static_cast<double>(values[0]);
  if (values.size() < kFew) return first;
  double sums[4] = {};
  for (size_t i = 0; i < kFew; i += 4) {
    for (size_t k = 0; k < 4; ++k) {
      sums[k] += (static_cast<double>(values[i + k]) - first) / kFew;
    }
  }
  return first + ((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

template <typename T>
void set_range(std::span<const T> values, const BlockSums& sums,
               ValueSummary* block) {
  if constexpr (std::is_integral_v<T>) {
    auto [min, max] = std::minmax_element(values.begin(), values.end());
    block->min = *min;
    block->max = *max;
  } else {
    block->min = sums.min;
    block->max = sums.max;
  }
}

template <typename T>
uint64_t zeros_of(std::span<const T> values) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<uint64_t>(
        std::count(values.begin(), values.end(), T{0}));
  } else {
    return count_zeros(values);
  }
}

// The finite values of a block; the others are counted.
template <typename T>
std::vector<T> without_specials(std::span<const T> values, uint64_t first,
                                ValueSummary* block) {
  std::vector<T> finite;
  auto count = [](uint64_t at, uint64_t* count, uint64_t* first_at) {
    if ((*count)++ == 0) *first_at = at;
  };
  for (size_t i = 0; i < values.size(); ++i) {
    auto value = static_cast<double>(values[i]);
    if (std::isfinite(value)) {
      finite.push_back(values[i]);
    } else if (std::isnan(value)) {
      count(first + i, &block->nan, &block->first_nan);
    } else if (value > 0) {
      count(first + i, &block->posinf, &block->first_posinf);
    } else {
      count(first + i, &block->neginf, &block->first_neginf);
    }
  }
  return finite;
}

}  // namespace

void DistinctValues::add(const Number& value) {
  if (are_many_) return;
  if (std::ranges::find(values_, value) != values_.end()) return;
  are_many_ = values_.size() == kFewValues;
  if (!are_many_) values_.push_back(value);
}

void DistinctValues::merge(const DistinctValues& other) {
  are_many_ = are_many_ || other.are_many_;
  for (const Number& value : other.values_) add(value);
}

std::vector<Number> DistinctValues::sorted() const {
  if (are_many_) return {};
  std::vector<Number> values = values_;
  std::ranges::sort(values);
  return values;
}

void ValueSummary::merge(const ValueSummary& next) {
  if (next.min_block != kNowhere && (min_block == kNowhere || next.min < min)) {
    min = next.min;
    min_block = next.min_block;
  }
  if (next.max_block != kNowhere && (max_block == kNowhere || next.max > max)) {
    max = next.max;
    max_block = next.max_block;
  }
  moments.merge(next.moments);
  zeros += next.zeros;
  subnormals += next.subnormals;
  nan += next.nan;
  posinf += next.posinf;
  neginf += next.neginf;
  first_nan = std::min(first_nan, next.first_nan);
  first_posinf = std::min(first_posinf, next.first_posinf);
  first_neginf = std::min(first_neginf, next.first_neginf);
  distinct.merge(next.distinct);
}

template <typename T>
void Summarizer::collect_distinct(std::span<const T> values,
                                  ValueSummary* block) {
  if (many_distinct_.load(std::memory_order_relaxed)) {
    block->distinct.set_many();
    return;
  }
  auto number = [](T value) {
    if constexpr (std::is_integral_v<T>) {
      return Number(value);
    } else {
      return Number(static_cast<double>(value));
    }
  };
  std::array<T, kFewValues> seen;
  size_t count = 0;
  for (T value : values) {
    size_t i = 0;
    while (i < count && seen[i] != value) ++i;
    if (i < count) continue;
    if (count == kFewValues) {
      many_distinct_.store(true, std::memory_order_relaxed);
      block->distinct.set_many();
      return;
    }
    seen[count++] = value;
    block->distinct.add(number(value));
  }
}

template <typename T>
BlockSums Summarizer::sum(std::span<const T> values, double pivot) const {
  if constexpr (std::is_integral_v<T>) {
    std::array<double, kBlockValues> doubles;
    std::copy(values.begin(), values.end(), doubles.begin());
    return sum_block(std::span<const double>(doubles.data(), values.size()),
                     pivot, tiny_);
  } else {
    return sum_block(values, pivot, static_cast<T>(tiny_));
  }
}

template <typename T>
void Summarizer::add_finite(std::span<const T> values, const BlockSums& sums,
                            double pivot, uint64_t first, ValueSummary* block) {
  auto count = static_cast<double>(values.size());
  block->moments.count = values.size();
  block->moments.mean = pivot;
  block->moments.shift_mean(sums.offsets / count);
  block->moments.squares =
      std::max(0.0, sums.squares - sums.offsets * (sums.offsets / count));
  block->moments.magnitudes = sums.magnitudes;
  set_range(values, sums, block);
  block->min_block = block->max_block = first;
  if (sums.small > 0) {
    block->zeros = zeros_of(values);
    block->subnormals = sums.small - block->zeros;
  }
  collect_distinct(values, block);
}

template <typename T>
void Summarizer::add(std::span<const T> values, uint64_t first,
                     ValueSummary* summary) {
  if (values.empty()) return;
  ValueSummary block;
  double pivot = pivot_of(values);
  BlockSums sums = sum(values, pivot);
  if (std::isfinite(sums.magnitudes)) {
    add_finite(values, sums, pivot, first, &block);
  } else {
    std::vector<T> finite = without_specials(values, first, &block);
    if (!finite.empty()) {
      std::span<const T> left = finite;
      pivot = pivot_of(left);
      add_finite(left, sum(left, pivot), pivot, first, &block);
    }
  }
  summary->merge(block);
}

template void Summarizer::add(std::span<const float>, uint64_t, ValueSummary*);
template void Summarizer::add(std::span<const double>, uint64_t, ValueSummary*);
template void Summarizer::add(std::span<const int64_t>, uint64_t,
                              ValueSummary*);
template void Summarizer::add(std::span<const uint64_t>, uint64_t,
                              ValueSummary*);

}  // namespace tsinspect
