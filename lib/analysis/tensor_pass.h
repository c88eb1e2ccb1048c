// Statistics of one tensor, in parts that can be worked on in any order.

#pragma once

#include <optional>
#include <span>
#include <vector>

#include "analysis/quantiles.h"
#include "analysis/value_summary.h"
#include "tensor/decode.h"
#include "tsinspect/stats.h"
#include "tsinspect/values.h"

namespace tsinspect {

// What one thread needs room for, whatever the tensor.
struct PassBuffers {
  std::vector<std::byte> bytes;  // Of a chunk that had to be gathered.
  std::vector<double> block =    // Of a block that had to be converted.
      std::vector<double>(kBlockValues);
  std::span<const std::byte> last_view;  // What the last chunk was read from.
};

class TensorPass {
 public:
  // Values of a chunk, the unit of work.
  static constexpr uint64_t kChunkValues = 64 * kBlockValues;

  // Throws as read_values. The model, tensor and options must outlive it.
  TensorPass(const Model& model, const Tensor& tensor,
             const StatsOptions& options, const Limits& limits);

  uint64_t count() const { return count_; }
  uint64_t chunks() const;
  // Of a chunk's values.
  uint64_t chunk_bytes(uint64_t chunk) const;

  // Sums up a chunk. With `keys`, counts its values for quantiles.
  ValueSummary summarize(uint64_t chunk, KeyCounts* keys, PassBuffers* buffers);

  // Counts a chunk's finite values in bins of equal width.
  void count_bins(uint64_t chunk, Histogram* histogram, PassBuffers* buffers);

  // Channels to look at; 0 if that is not asked for or makes no sense.
  uint64_t channels() const;
  Moments channel_moments(uint64_t channel, bool* is_constant,
                          PassBuffers* buffers);

  // Of at most kExactQuantiles values.
  std::optional<Quantiles> exact_quantiles(PassBuffers* buffers);

  // Gives the memory that the last chunk was read from back to the system.
  void release(const PassBuffers& buffers) const;

  // From the summary of all chunks, merged in order.
  TensorStats finish(const ValueSummary& all, PassBuffers* buffers);

 private:
  template <typename Use>
  void for_each_block(uint64_t begin, uint64_t end, PassBuffers* buffers,
                      const Use& use);
  uint64_t find_first(const Number& value, uint64_t block,
                      PassBuffers* buffers);
  void set_range(const ValueSummary& all, TensorStats* stats,
                 PassBuffers* buffers);
  Number natural(const Number& number) const;

  const Tensor& tensor_;
  const StatsOptions& options_;
  NumberDecoder decoder_;
  ValueReader reader_;
  Summarizer summarizer_;
  uint64_t count_ = 0;
};

}  // namespace tsinspect
