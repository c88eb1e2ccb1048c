// What is known about a run of values: a tensor's, or a part of it.

#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/moments.h"
#include "tensor/kernels.h"
#include "tsinspect/stats.h"

namespace tsinspect {

// Values are summed up in blocks of so many.
constexpr uint64_t kBlockValues = 4096;

// The distinct values of a tensor, as long as they are few.
class DistinctValues {
 public:
  bool are_many() const { return are_many_; }
  void set_many() { are_many_ = true; }
  void add(const Number& value);
  void merge(const DistinctValues& other);
  // Ascending; empty if they are many.
  std::vector<Number> sorted() const;

 private:
  std::vector<Number> values_;
  bool are_many_ = false;
};

struct ValueSummary {
  static constexpr uint64_t kNowhere = UINT64_MAX;

  Moments moments;  // Of the finite values, as are min and max.
  Number min = 0.0, max = 0.0;
  // Index of the first value of the first block that has `min` and `max`.
  uint64_t min_block = kNowhere, max_block = kNowhere;
  uint64_t zeros = 0, subnormals = 0, nan = 0, posinf = 0, neginf = 0;
  uint64_t first_nan = kNowhere, first_posinf = kNowhere;
  uint64_t first_neginf = kNowhere;
  DistinctValues distinct;

  // Becomes that of both, where `next` is of the values that follow.
  void merge(const ValueSummary& next);
};

// Sums up values of one tensor.
class Summarizer {
 public:
  // See NumberDecoder::tiny().
  explicit Summarizer(double tiny) : tiny_(tiny) {}

  // Adds a block, at most kBlockValues values, the first of which is the
  // tensor's `first`-th. T is float, double, int64_t or uint64_t. Thread-safe
  // for different summaries.
  template <typename T>
  void add(std::span<const T> values, uint64_t first, ValueSummary* summary);

 private:
  template <typename T>
  BlockSums sum(std::span<const T> values, double pivot) const;
  template <typename T>
  void add_finite(std::span<const T> values, const BlockSums& sums,
                  double pivot, uint64_t first, ValueSummary* block);
  template <typename T>
  void collect_distinct(std::span<const T> values, ValueSummary* block);

  double tiny_;
  // Known of the tensor already, so that no other block need look.
  std::atomic<bool> many_distinct_ = false;
};

}  // namespace tsinspect
