// What freezing folds into a layer: batch norms, scales and shifts.

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "analysis/constant_originals.h"
#include "tsinspect/limits.h"

namespace tsinspect {

// A batch norm of the original: y = (x - mean) / sqrt(var + eps) * weight +
// bias, in every channel.
struct BatchNorm {
  uint32_t place = 0;
  std::vector<double> mean, var, weight, bias;
  std::vector<double> eps;  // The module's, or those that it may have.
};

// One number a channel, shaped to be multiplied with or added to what a
// convolution gives: [8, 1, 1].
struct ChannelVector {
  uint32_t row = 0;
  std::vector<double> values;
};

// Those of one number of channels, in the order of their modules.
struct Partners {
  std::vector<BatchNorm> norms;
  std::vector<ChannelVector> vectors;
};

// The partners of an original model, read when they are asked for.
class PartnerTable {
 public:
  PartnerTable(const Originals& originals, const Limits& limits);

  const Partners& of(uint64_t channels);

 private:
  void add_norm(uint32_t place, Partners* partners) const;
  std::vector<double> read(uint32_t row) const;

  const Originals& originals_;
  const Limits& limits_;
  std::map<uint64_t, std::vector<uint32_t>> norms_;    // Places, by channels.
  std::map<uint64_t, std::vector<uint32_t>> vectors_;  // Rows, by channels.
  std::map<uint64_t, Partners> read_;                  // By channels.
};

// What became of one layer, in numbers.
struct FoldedNumbers {
  // Of the weight, by channel; NaN where nothing is known.
  std::span<const double> factors;
  std::span<const double> bias_before;  // Zeros where it had none.
  std::span<const double> bias_after;   // Empty where it has none.
  double tolerance = 0;
};

enum class Fit : uint8_t { kNone, kWeight, kOffset, kExact };

// How that came about, as far as it can be told.
struct FoldExplanation {
  Fit fit = Fit::kNone;       // What is explained; kOffset: the bias, too.
  uint32_t norm = kNoIndex;   // Place of a batch norm.
  uint32_t scale = kNoIndex;  // Row of a tensor.
  uint32_t shift = kNoIndex;  // Row of a tensor.
  bool is_scaled = false;     // By a constant of the code.
  bool is_offset = false;     // By one, too.
};

// The best explanation, of equal ones the partner that comes next behind
// `place` and is not among the places `taken`.
FoldExplanation explain_fold(const FoldedNumbers& numbers,
                             const Partners& partners, uint32_t place,
                             const Originals& originals,
                             const std::set<uint32_t>& taken);

}  // namespace tsinspect
