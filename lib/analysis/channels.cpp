#include "analysis/channels.h"

#include <algorithm>
#include <cmath>

namespace tsinspect {
namespace {

// A channel is an outlier if its root mean square is so many times the median
// of those that are not dead, or so many times less.
constexpr double kFar = 8;

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  auto middle =
      values.begin() + static_cast<ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

ChannelSummary summarize_channel(TensorPass& pass, uint64_t channel,
                                 PassBuffers* buffers) {
  ChannelSummary result;
  Moments moments = pass.channel_moments(channel, &result.is_constant, buffers);
  result.rms = moments.l2() / std::sqrt(static_cast<double>(moments.count));
  return result;
}

Channels judge_channels(std::span<const ChannelSummary> channels) {
  std::vector<double> sizes;
  for (const ChannelSummary& channel : channels) {
    if (!channel.is_constant && channel.rms > 0) sizes.push_back(channel.rms);
  }
  double middle = median(std::move(sizes));
  Channels result;
  result.count = channels.size();
  for (size_t i = 0; i < channels.size(); ++i) {
    const ChannelSummary& channel = channels[i];
    if (channel.is_constant) {
      result.dead.push_back(i);
    } else if (channel.rms > kFar * middle || channel.rms < middle / kFar) {
      result.outliers.push_back(i);
    }
  }
  return result;
}

}  // namespace tsinspect
