// The output channels of a layer's weight, and by what factor those of one
// tensor are those of another.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tensor/decode.h"
#include "tsinspect/layers.h"
#include "tsinspect/values.h"

namespace tsinspect {

// How much of a value rounding in this dtype may change, after the few
// operations that folding takes; empty for dtypes that are not folded.
std::optional<double> fold_tolerance(DType dtype);

// A weight as runs of elements that each lie in one output channel: dimension 0
// is the channels', but for a transposed convolution dimension 1, for each of
// the groups that dimension 0 is divided into.
struct ChannelLayout {
  // Some arrays of one number a channel are kept at a time.
  static constexpr uint64_t kMostChannels = uint64_t{1} << 20;

  uint64_t channels = 0;
  uint64_t runs = 0;
  uint64_t run_elements = 0;
  uint64_t runs_per_group = 0;  // Of a transposed convolution.
  uint64_t group_channels = 0;

  uint64_t channel_of(uint64_t run) const {
    return run / runs_per_group * group_channels + run % group_channels;
  }
};

// Empty where the weight is none that a layer of this kind can have, or has too
// many channels to keep numbers of each.
std::optional<ChannelLayout> channel_layout(const Layer& layer,
                                            const Tensor& weight);

// Reads a tensor's elements as numbers, in runs.
class NumberRuns {
 public:
  // Throws as read_values().
  NumberRuns(const Model& model, const Tensor& tensor, const Limits& limits);
  ~NumberRuns() { reader_.release(unreleased_); }
  NumberRuns(const NumberRuns&) = delete;
  NumberRuns& operator=(const NumberRuns&) = delete;

  // Most elements that read() takes: they stay in a processor's cache.
  static constexpr size_t kMost = size_t{1} << 12;

  std::span<const double> read(uint64_t first, size_t count);

 private:
  ValueReader reader_;
  NumberDecoder decoder_;
  size_t item_bytes_;
  std::vector<std::byte> buffer_;
  std::span<const std::byte> unreleased_;  // Views that end with the last.
  std::vector<float> floats_;
  std::vector<double> numbers_;
};

// All of a small tensor; empty where it cannot be read, or not be folded.
std::vector<double> read_numbers(const Model& model, const Tensor& tensor,
                                 const Limits& limits);

// A number that two runs have in common if one is a multiple of the other: the
// cosine between the run and pseudo-random numbers, without its sign. NaN for
// a run of zeros or with values that are not finite.
double signature(NumberRuns& runs, uint64_t first, uint64_t count);

// For each channel, what `from` is multiplied with there to give `to`; NaN
// where both are zero. Empty if one channel is no multiple within the
// tolerance, or no channel tells.
std::optional<std::vector<double>> channel_factors(NumberRuns& from,
                                                   NumberRuns& to,
                                                   const ChannelLayout& layout,
                                                   double tolerance);

}  // namespace tsinspect
