#include "tsinspect/stats.h"

#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <functional>

#include "analysis/channels.h"
#include "analysis/stats_flags.h"
#include "analysis/tensor_pass.h"
#include "base/checked.h"
#include "base/file.h"
#include "base/release_pages.h"
#include "tsinspect/listing.h"

namespace tsinspect {
namespace {

// Starting threads takes longer than going through this much.
constexpr uint64_t kSerialBytes = uint64_t{4} << 20;

// Small tensors are worked on one after the other until they are this large
// together.
constexpr uint64_t kBatchBytes = uint64_t{1} << 20;

using Range = tbb::blocked_range<size_t>;

// Moments of [begin, end), merged two by two: so errors of many additions
// don't add up. Always the same pairs.
ValueSummary merge_pairs(std::span<const ValueSummary> parts) {
  if (parts.empty()) return {};
  if (parts.size() == 1) return parts[0];
  ValueSummary result = merge_pairs(parts.first(parts.size() / 2));
  result.merge(merge_pairs(parts.subspan(parts.size() / 2)));
  return result;
}

class Computation {
 public:
  Computation(const Model& model, const StatsOptions& options,
              const Limits& limits, bool parallel)
      : model_(model),
        options_(options),
        limits_(limits),
        parallel_(parallel) {}

  void run(std::span<const uint32_t> rows, std::span<TensorStats> results) {
    std::vector<std::span<const uint32_t>> batches;
    std::vector<size_t> large;
    std::vector<size_t> batch_begins;
    size_t begin = 0;
    uint64_t bytes = 0;
    auto end_batch = [&](size_t end) {
      if (end > begin) batch_begins.push_back(begin);
      if (end > begin) batches.push_back(rows.subspan(begin, end - begin));
      begin = end;
      bytes = 0;
    };
    for (size_t i = 0; i < rows.size(); ++i) {
      const Tensor& tensor = model_.tensors[rows[i]];
      if (NumberDecoder(tensor).count() > kExactQuantiles) {
        end_batch(i);
        large.push_back(i);
        begin = i + 1;
        continue;
      }
      bytes += tensor.size_bytes();
      if (bytes >= kBatchBytes) end_batch(i + 1);
    }
    end_batch(rows.size());
    for_each(batches.size(), [&](size_t i) {
      small(batches[i], results.subspan(batch_begins[i]));
    });
    for (size_t i : large) {
      results[i] = guarded([&] { return one_large(rows[i]); });
    }
  }

 private:
  // Calls use(i) for all i below `count`, on all threads.
  void for_each(size_t count, const std::function<void(size_t)>& use) {
    if (!parallel_ || count < 2) {
      for (size_t i = 0; i < count; ++i) use(i);
      return;
    }
    tbb::parallel_for(Range(0, count), [&](const Range& range) {
      for (size_t i = range.begin(); i < range.end(); ++i) use(i);
    });
  }

  void done(uint64_t bytes) {
    if (options_.progress) options_.progress(bytes);
  }

  TensorStats guarded(const std::function<TensorStats()>& compute) {
    try {
      return compute();
    } catch (const Error& error) {
      TensorStats stats;
      stats.error = error;
      return stats;
    }
  }

  // Tensors that lie side by side, mostly.
  void small(std::span<const uint32_t> rows, std::span<TensorStats> results) {
    PassBuffers& buffers = buffers_.local();
    std::span<const std::byte> seen;
    uint64_t bytes = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      results[i] = guarded([&] { return one_small(rows[i], &buffers); });
      bytes += model_.tensors[rows[i]].size_bytes();
      auto view = std::exchange(buffers.last_view, {});
      if (view.empty()) continue;
      bool follows =
          !seen.empty() && view.data() >= seen.data() &&
          static_cast<size_t>(view.data() - seen.data()) < 2 * kBatchBytes;
      if (follows) {
        seen = {seen.data(),
                std::max(view.data() + view.size(), seen.data() + seen.size())};
      } else {
        release(seen);
        seen = view;
      }
    }
    release(seen);
    done(bytes);
  }

  void release(std::span<const std::byte> seen) {
    for (const auto& file : model_.files) release_pages(file->data(), seen);
  }

  TensorStats one_small(uint32_t row, PassBuffers* buffers) {
    TensorPass pass(model_, model_.tensors[row], options_, limits_);
    std::vector<ValueSummary> parts;
    for (size_t i = 0; i < pass.chunks(); ++i) {
      parts.push_back(pass.summarize(i, nullptr, buffers));
    }
    TensorStats stats = pass.finish(merge_pairs(parts), buffers);
    if (options_.quantiles) stats.quantiles = pass.exact_quantiles(buffers);
    if (wants_histogram(stats)) {
      Histogram histogram = empty_histogram(stats);
      for (size_t i = 0; i < pass.chunks(); ++i) {
        pass.count_bins(i, &histogram, buffers);
      }
      stats.histogram = std::move(histogram);
    }
    std::vector<ChannelSummary> channels(pass.channels());
    for (size_t i = 0; i < channels.size(); ++i) {
      channels[i] = summarize_channel(pass, i, buffers);
    }
    if (!channels.empty()) stats.channels = judge_channels(channels);
    return describe(model_.tensors[row], std::move(stats));
  }

  TensorStats one_large(uint32_t row) {
    TensorPass pass(model_, model_.tensors[row], options_, limits_);
    std::vector<ValueSummary> parts(pass.chunks());
    tbb::enumerable_thread_specific<KeyCounts> keys;
    for_each(parts.size(), [&](size_t i) {
      PassBuffers& buffers = buffers_.local();
      KeyCounts* counts = options_.quantiles ? &keys.local() : nullptr;
      parts[i] = pass.summarize(i, counts, &buffers);
      pass.release(buffers);
      done(pass.chunk_bytes(i));
    });
    PassBuffers& buffers = buffers_.local();
    TensorStats stats = pass.finish(merge_pairs(parts), &buffers);
    if (options_.quantiles && stats.finite.count > 0) {
      KeyCounts all;
      for (const KeyCounts& part : keys) all.merge(part);
      stats.quantiles = all.quantiles(to_double(stats.finite.min),
                                      to_double(stats.finite.max));
    }
    if (wants_histogram(stats)) stats.histogram = large_histogram(pass, stats);
    std::vector<ChannelSummary> channels(pass.channels());
    for_each(channels.size(), [&](size_t i) {
      channels[i] = summarize_channel(pass, i, &buffers_.local());
    });
    if (!channels.empty()) stats.channels = judge_channels(channels);
    return describe(model_.tensors[row], std::move(stats));
  }

  bool wants_histogram(const TensorStats& stats) const {
    return options_.histogram_bins > 0 && stats.finite.count > 0;
  }

  Histogram empty_histogram(const TensorStats& stats) const {
    return {to_double(stats.finite.min), to_double(stats.finite.max),
            std::vector<uint64_t>(options_.histogram_bins)};
  }

  Histogram large_histogram(TensorPass& pass, const TensorStats& stats) {
    Histogram all = empty_histogram(stats);
    tbb::enumerable_thread_specific<Histogram> parts(all);
    for_each(pass.chunks(), [&](size_t i) {
      PassBuffers& buffers = buffers_.local();
      pass.count_bins(i, &parts.local(), &buffers);
      pass.release(buffers);
    });
    for (const Histogram& part : parts) {
      std::ranges::transform(all.counts, part.counts, all.counts.begin(),
                             std::plus());
    }
    return all;
  }

  static uint64_t implied_zeros(const Tensor& tensor) {
    if (!tensor.details || !tensor.details->layout.starts_with("sparse") ||
        !tensor.name.ends_with(".values")) {
      return 0;
    }
    uint64_t all = checked_elements(tensor.details->whole_shape).value_or(0);
    return all - std::min(all, tensor.elements());
  }

  static TensorStats describe(const Tensor& tensor, TensorStats stats) {
    stats.implied_zeros = implied_zeros(tensor);
    if (is_numeric(tensor.dtype)) return stats;
    stats.is_numeric = false;
    stats.count = tensor.elements();
    return stats;
  }

  const Model& model_;
  const StatsOptions& options_;
  const Limits& limits_;
  bool parallel_;
  tbb::enumerable_thread_specific<PassBuffers> buffers_;
};

}  // namespace

double to_double(const Number& number) {
  return std::visit([](auto value) { return static_cast<double>(value); },
                    number);
}

std::vector<TensorStats> tensor_stats(const Model& model,
                                      std::span<const uint32_t> rows,
                                      const StatsOptions& options,
                                      const Limits& limits) {
  std::vector<TensorStats> results(rows.size());
  uint64_t bytes = 0;
  for (uint32_t row : rows) bytes += model.tensors[row].size_bytes();
  bool parallel = options.threads != 1 && bytes >= kSerialBytes;
  Computation computation(model, options, limits, parallel);
  if (parallel) {
    // More than there are processors would make oneTBB warn on stderr.
    int most = tbb::info::default_concurrency();
    int threads = options.threads == 0
                      ? most
                      : static_cast<int>(std::min<uint32_t>(
                            options.threads, static_cast<uint32_t>(most)));
    tbb::task_arena arena(threads);
    arena.execute([&] { computation.run(rows, results); });
  } else {
    computation.run(rows, results);
  }
  flag_tensors(model, rows, results);
  return results;
}

uint32_t first_not_finite(std::span<const uint32_t> rows,
                          std::span<const TensorStats> stats) {
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!stats[i].is_finite()) return rows[i];
  }
  return kNoIndex;
}

}  // namespace tsinspect
