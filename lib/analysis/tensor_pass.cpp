#include "analysis/tensor_pass.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace tsinspect {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// More of them are no layer's channels.
constexpr int64_t kMostChannels = int64_t{1} << 20;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <typename T>
bool is_finite(T value) {
  if constexpr (std::is_integral_v<T>) {
    return true;
  } else {
    return std::isfinite(value);
  }
}

template <typename T>
void count_values(std::span<const T> values, Histogram* histogram) {
  auto last = histogram->counts.size() - 1;
  double width = (histogram->max - histogram->min) /
                 static_cast<double>(histogram->counts.size());
  for (T value : values) {
    if (!is_finite(value)) continue;
    double at = (static_cast<double>(value) - histogram->min) / width;
    // All values may be equal, or so far apart that the width overflows.
    size_t bin =
        at >= 0 ? static_cast<size_t>(std::min(at, static_cast<double>(last)))
                : 0;
    ++histogram->counts[bin];
  }
}

}  // namespace

TensorPass::TensorPass(const Model& model, const Tensor& tensor,
                       const StatsOptions& options, const Limits& limits)
    : tensor_(tensor),
      options_(options),
      decoder_(tensor),
      reader_(model, tensor, limits),
      summarizer_(decoder_.tiny()),
      count_(decoder_.type() == NumberType::kNone ? 0 : decoder_.count()) {}

uint64_t TensorPass::chunks() const {
  return count_ / kChunkValues + (count_ % kChunkValues != 0);
}

uint64_t TensorPass::chunk_bytes(uint64_t chunk) const {
  uint64_t values = std::min(kChunkValues, count_ - chunk * kChunkValues);
  return (values * decoder_.value_bits() + 7) / 8;
}

// Calls use(values, index of the first) for the blocks of [begin, end).
template <typename Use>
void TensorPass::for_each_block(uint64_t begin, uint64_t end,
                                PassBuffers* buffers, const Use& use) {
  uint64_t bits = decoder_.value_bits();
  uint64_t first_byte = begin * bits / 8;
  auto bytes = reader_.read(first_byte, (end * bits + 7) / 8 - first_byte,
                            &buffers->bytes);
  buffers->last_view = bytes;
  auto walk = [&]<typename T>(T* out) {
    for (uint64_t at = begin; at < end; at += kBlockValues) {
      auto block = bytes.subspan(at * bits / 8 - first_byte);
      size_t count = std::min(kBlockValues, end - at);
      use(decoder_.decode(block, at, std::span<T>(out, count)), at);
    }
  };
  void* out = buffers->block.data();
  switch (decoder_.type()) {
    case NumberType::kFloat:
      return walk(static_cast<float*>(out));
    case NumberType::kDouble:
      return walk(static_cast<double*>(out));
    case NumberType::kInt64:
      return walk(static_cast<int64_t*>(out));
    case NumberType::kUInt64:
      return walk(static_cast<uint64_t*>(out));
    case NumberType::kNone:
      return;
  }
}

ValueSummary TensorPass::summarize(uint64_t chunk, KeyCounts* keys,
                                   PassBuffers* buffers) {
  ValueSummary summary;
  uint64_t begin = chunk * kChunkValues;
  for_each_block(begin, std::min(begin + kChunkValues, count_), buffers,
                 [&](auto values, uint64_t at) {
                   summarizer_.add(values, at, &summary);
                   if (keys) keys->add(values);
                 });
  return summary;
}

void TensorPass::count_bins(uint64_t chunk, Histogram* histogram,
                            PassBuffers* buffers) {
  uint64_t begin = chunk * kChunkValues;
  for_each_block(
      begin, std::min(begin + kChunkValues, count_), buffers,
      [&](auto values, uint64_t) { count_values(values, histogram); });
}

uint64_t TensorPass::channels() const {
  bool sensible = tensor_.shape.size() >= 2 && tensor_.shape[0] > 1 &&
                  tensor_.shape[0] <= kMostChannels && count_ > 0 &&
                  decoder_.value_bits() % 8 == 0;
  return options_.channels && sensible ? static_cast<uint64_t>(tensor_.shape[0])
                                       : 0;
}

Moments TensorPass::channel_moments(uint64_t channel, bool* is_constant,
                                    PassBuffers* buffers) {
  uint64_t size = count_ / static_cast<uint64_t>(tensor_.shape[0]);
  uint64_t begin = channel * size;
  uint64_t end = begin + size;
  ValueSummary summary;
  Summarizer summarizer(decoder_.tiny());
  for (; begin < end; begin += kChunkValues) {
    for_each_block(begin, std::min(begin + kChunkValues, end), buffers,
                   [&](auto values, uint64_t at) {
                     summarizer.add(values, at, &summary);
                   });
    release(*buffers);
  }
  *is_constant =
      size > 1 && summary.moments.count == size && summary.min == summary.max;
  return summary.moments;
}

std::optional<Quantiles> TensorPass::exact_quantiles(PassBuffers* buffers) {
  std::optional<Quantiles> result;
  auto select = [&]<typename T>(std::vector<T> values) {
    for_each_block(0, count_, buffers, [&](auto block, uint64_t) {
      if constexpr (std::is_same_v<decltype(block), std::span<const T>>) {
        for (T value : block) {
          if (is_finite(value)) values.push_back(value);
        }
      }
    });
    if (!values.empty()) result = tsinspect::exact_quantiles(&values);
  };
  switch (decoder_.type()) {
    case NumberType::kFloat:
      select(std::vector<float>());
      break;
    case NumberType::kDouble:
      select(std::vector<double>());
      break;
    case NumberType::kInt64:
      select(std::vector<int64_t>());
      break;
    case NumberType::kUInt64:
      select(std::vector<uint64_t>());
      break;
    case NumberType::kNone:
      break;
  }
  return result;
}

void TensorPass::release(const PassBuffers& buffers) const {
  reader_.release(buffers.last_view);
}

// Index of the first value that equals `value`, which the block at `block` has.
uint64_t TensorPass::find_first(const Number& value, uint64_t block,
                                PassBuffers* buffers) {
  uint64_t found = block;
  for_each_block(block, std::min(block + kBlockValues, count_), buffers,
                 [&](auto values, uint64_t at) {
                   auto same = std::ranges::find_if(values, [&](auto v) {
                     using T = decltype(v);
                     if constexpr (std::is_integral_v<T>) {
                       return v == std::get<T>(value);
                     } else {
                       return static_cast<double>(v) == std::get<double>(value);
                     }
                   });
                   found = at + static_cast<uint64_t>(same - values.begin());
                 });
  return found;
}

// Integers as integers.
Number TensorPass::natural(const Number& number) const {
  DTypeClass type_class = dtype_info(tensor_.dtype).type_class;
  bool is_integer = type_class == DTypeClass::kBool ||
                    type_class == DTypeClass::kUnsigned ||
                    type_class == DTypeClass::kSigned;
  if (!is_integer || !std::holds_alternative<double>(number)) return number;
  return static_cast<int64_t>(std::get<double>(number));
}

void TensorPass::set_range(const ValueSummary& all, TensorStats* stats,
                           PassBuffers* buffers) {
  if (all.nan > 0) {
    stats->min = stats->max = kNaN;
    stats->min_at = stats->max_at = all.first_nan;
    return;
  }
  bool has_finite = all.moments.count > 0;
  stats->min = stats->finite.min;
  stats->max = stats->finite.max;
  if (all.neginf > 0 || !has_finite) {
    stats->min = all.neginf > 0 ? -kInfinity : kInfinity;
    stats->min_at = all.neginf > 0 ? all.first_neginf : all.first_posinf;
  } else {
    stats->min_at = find_first(all.min, all.min_block, buffers);
  }
  if (all.posinf > 0 || !has_finite) {
    stats->max = all.posinf > 0 ? kInfinity : -kInfinity;
    stats->max_at = all.posinf > 0 ? all.first_posinf : all.first_neginf;
  } else {
    stats->max_at = find_first(all.max, all.max_block, buffers);
  }
}

TensorStats TensorPass::finish(const ValueSummary& all, PassBuffers* buffers) {
  TensorStats stats;
  stats.count = count_;
  stats.zeros = all.zeros;
  stats.subnormals = all.subnormals;
  stats.nan = all.nan;
  stats.posinf = all.posinf;
  stats.neginf = all.neginf;
  const Moments& moments = all.moments;
  stats.finite.count = moments.count;
  if (moments.count > 0) {
    stats.finite.min = natural(all.min);
    stats.finite.max = natural(all.max);
    stats.finite.mean = moments.mean + moments.mean_low;
    stats.finite.std = moments.std();
    stats.mean = stats.finite.mean;
    stats.std = stats.finite.std;
    stats.l2 = moments.l2();
    stats.mean_abs = moments.mean_abs();
    for (const Number& value : all.distinct.sorted()) {
      stats.unique.push_back(natural(value));
    }
  }
  if (stats.posinf + stats.neginf > 0) {
    bool both = stats.posinf > 0 && stats.neginf > 0;
    stats.mean = both ? kNaN : stats.posinf > 0 ? kInfinity : -kInfinity;
    stats.std = kNaN;
    stats.l2 = stats.mean_abs = kInfinity;
  }
  if (stats.nan > 0) stats.mean = stats.std = stats.l2 = stats.mean_abs = kNaN;
  if (count_ > 0) set_range(all, &stats, buffers);
  return stats;
}

}  // namespace tsinspect
