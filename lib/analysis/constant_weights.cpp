#include "analysis/constant_weights.h"

#include <algorithm>
#include <cmath>

namespace tsinspect {
namespace {

// How many weights are compared with one that was folded.
constexpr size_t kMostFound = 64;

// In how many different runs the weights of one shape are looked up. The first
// serves for all but those with channels of zeros.
constexpr size_t kMostRuns = 8;

// Cosines are changed by rounding less than this many times what elements are.
constexpr double kWindow = 8;

// Those nearest to `wanted`, up to kMostFound.
template <typename Signatures>
std::vector<uint32_t> nearest(const Signatures& signatures, double wanted,
                              double window) {
  auto above = std::lower_bound(signatures.begin(), signatures.end(),
                                std::pair(wanted, uint32_t{0}));
  auto below = above;
  std::vector<uint32_t> rows;
  while (rows.size() < kMostFound) {
    double gap_above =
        above == signatures.end() ? INFINITY : above->first - wanted;
    double gap_below =
        below == signatures.begin() ? INFINITY : wanted - (below - 1)->first;
    if (std::min(gap_above, gap_below) > window) break;
    rows.push_back(gap_above <= gap_below ? (above++)->second
                                          : (--below)->second);
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

WeightIndex::WeightIndex(const Originals& originals, const Limits& limits)
    : originals_(originals), limits_(limits) {
  for (uint32_t row = 0; row < originals.rows.size(); ++row) {
    const Original& original = originals.rows[row];
    if (!original.is_candidate || original.leaf != "weight") continue;
    const Tensor& tensor = originals.model.tensors[row];
    rows_[{tensor.dtype, tensor.shape}].push_back(row);
  }
}

WeightIndex::Signatures WeightIndex::read_signatures(
    const std::vector<uint32_t>& rows, uint64_t first, uint64_t count) const {
  Signatures signatures;
  for (uint32_t row : rows) {
    const Tensor& tensor = originals_.model.tensors[row];
    try {
      NumberRuns runs(originals_.model, tensor, limits_);
      double value = signature(runs, first, count);
      if (!std::isnan(value)) signatures.emplace_back(value, row);
    } catch (const Error&) {
      // Not readable: no candidate.
    }
  }
  std::sort(signatures.begin(), signatures.end());
  return signatures;
}

std::vector<uint32_t> WeightIndex::find(const Tensor& weight, NumberRuns& runs,
                                        const ChannelLayout& layout,
                                        double tolerance) {
  Kind kind = {weight.dtype, weight.shape};
  auto rows = rows_.find(kind);
  if (rows == rows_.end()) return {};
  uint64_t run = 0;
  double wanted = NAN;
  for (; run < layout.runs; ++run) {
    wanted = signature(runs, run * layout.run_elements, layout.run_elements);
    if (!std::isnan(wanted)) break;
  }
  if (run == layout.runs) return {};
  auto& by_run = signatures_[{kind, layout.run_elements}];
  if (!by_run.contains(run)) {
    if (by_run.size() == kMostRuns) return {};
    by_run[run] = read_signatures(rows->second, run * layout.run_elements,
                                  layout.run_elements);
  }
  return nearest(by_run[run], wanted, kWindow * tolerance);
}

}  // namespace tsinspect
