// Output channels of a layer that are dead or unlike the others.

#pragma once

#include <span>

#include "analysis/tensor_pass.h"
#include "tsinspect/stats.h"

namespace tsinspect {

struct ChannelSummary {
  double rms = 0;  // Root mean square; NaN if a value is not finite.
  bool is_constant = false;
};

ChannelSummary summarize_channel(TensorPass& pass, uint64_t channel,
                                 PassBuffers* buffers);

// Of all channels of one tensor.
Channels judge_channels(std::span<const ChannelSummary> channels);

// The middle one; of an even number, the lower of the two. 0 of none.
double median(std::vector<double> values);

}  // namespace tsinspect
