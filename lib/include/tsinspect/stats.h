// What the values of tensors are like: ranges, moments, special values.
//
// One pass over the bytes, in blocks whose partial results are merged in a
// fixed order: every result is the same, bit for bit, however many threads
// work on it. Means and variances are kept as float64 moments about each
// block's own centre (Chan, Golub and LeVeque 1983), so that a billion float32
// values lose less than 1e-12 of either.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// A value as its tensor has it: integers of all sizes stay exact.
using Number = std::variant<double, int64_t, uint64_t>;

double to_double(const Number& number);

struct StatsOptions {
  bool quantiles = false;
  bool channels = false;
  uint32_t histogram_bins = 0;  // 0: no histogram, which takes a second pass.
  uint32_t threads = 0;         // At most; 0: one a processor.
  // Told how many bytes were read since the last call, from any thread.
  std::function<void(uint64_t bytes)> progress = {};
};

// Which quantiles Quantiles::values has.
constexpr std::array kQuantiles = {0.001, 0.01, 0.5, 0.99, 0.999};

// Quantiles of a tensor's finite values, interpolated as NumPy and torch do.
//
// Of at most kExactQuantiles values they are exact. Of more, values are counted
// by sign, exponent and the first seven bits of the mantissa of their float32,
// and taken to lie evenly where they share these: each quantile is within
// `error` of the truth, relative to it.
struct Quantiles {
  std::array<double, kQuantiles.size()> values = {};
  double error = 0;
};

constexpr uint64_t kExactQuantiles = uint64_t{1} << 20;

// How many finite values lie in each of equally wide bins from their least to
// their greatest, the last one closed.
struct Histogram {
  double min = 0, max = 0;
  std::vector<uint64_t> counts;
};

// What is conspicuous about slices along the first dimension, a layer's output
// channels; of tensors with at least two dimensions and at most 2^20 channels.
struct Channels {
  uint64_t count = 0;
  std::vector<uint64_t> dead;      // All of the channel's values are equal.
  std::vector<uint64_t> outliers;  // Its root mean square is far from the rest.
};

// What a reader should look at first.
enum class StatsFlag : uint8_t {
  kNaN,           // nan
  kInfinite,      // inf
  kAllZero,       // all-zero
  kConstant,      // constant: more than one value, all equal, not zero
  kScale,         // scale: far larger than its siblings, see flag_tensors
  kVariance,      // variance: a BatchNorm's running_var is not positive
  kDeadChannels,  // dead-channels
};

const char* to_string(StatsFlag flag);

// Statistics of one tensor. Complex values count by their magnitude, quantised
// ones dequantised. A float4_e2m1fn_x2 element is two values, the lower first.
// As in torch, a NaN makes min, max, mean, std, l2 and mean_abs NaN, and an
// infinity makes std NaN; the values in `finite` leave both out.
struct TensorStats {
  uint64_t count = 0;      // Of values. With 0, the numbers below mean nothing,
  bool is_numeric = true;  // nor do they for kOpaque: strings, dates.

  Number min = 0.0, max = 0.0;
  // Index of the first value that is `min` and `max` (the first NaN, where
  // there is one), in row-major order.
  uint64_t min_at = 0, max_at = 0;
  double mean = 0;
  double std = 0;  // Population: divided by the count.
  double l2 = 0;   // Square root of the sum of squares.
  double mean_abs = 0;

  uint64_t zeros = 0;  // Of either sign.
  // Elements of the sparse tensor whose stored values these are that are not
  // stored, and so zero. They are in no other number here.
  uint64_t implied_zeros = 0;
  uint64_t nan = 0, posinf = 0, neginf = 0;
  uint64_t subnormals = 0;  // By the dtype's own exponent range.

  struct Finite {
    uint64_t count = 0;  // With 0, the others mean nothing.
    Number min = 0.0, max = 0.0;
    double mean = 0, std = 0;
  };
  Finite finite;

  // All distinct finite values, ascending, if there are at most kFewValues.
  std::vector<Number> unique;

  std::optional<Quantiles> quantiles;
  std::optional<Histogram> histogram;
  std::optional<Channels> channels;
  std::vector<StatsFlag> flags;

  std::optional<Error> error;  // Why the values could not be read.

  bool is_finite() const { return nan + posinf + neginf == 0; }
};

constexpr size_t kFewValues = 16;

// Statistics of the tensors in `rows` of Model::tensors, in that order, flagged
// among each other. A tensor that cannot be read has `error` set.
std::vector<TensorStats> tensor_stats(const Model& model,
                                      std::span<const uint32_t> rows,
                                      const StatsOptions& options = {},
                                      const Limits& limits = {});

// The first of `rows` whose `stats` are not finite; kNoIndex if there is none.
uint32_t first_not_finite(std::span<const uint32_t> rows,
                          std::span<const TensorStats> stats);

}  // namespace tsinspect
