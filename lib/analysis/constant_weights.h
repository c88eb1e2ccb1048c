// Finds the weights that a folded one can have been.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "analysis/constant_channels.h"
#include "analysis/constant_originals.h"

namespace tsinspect {

// The weights of an original model, by numbers that folding leaves alone, so
// that of a thousand layers of one shape few have to be read for each.
class WeightIndex {
 public:
  WeightIndex(const Originals& originals, const Limits& limits);

  // Rows of the weights of the same dtype and shape that in one run of elements
  // can be a multiple of `weight`. No more than a bounded number, those that
  // are most alike.
  std::vector<uint32_t> find(const Tensor& weight, NumberRuns& runs,
                             const ChannelLayout& layout, double tolerance);

 private:
  using Kind = std::pair<DType, std::vector<int64_t>>;
  // Dtype and shape, elements of a run.
  using RunKind = std::pair<Kind, uint64_t>;
  // Sorted, with the rows they are of.
  using Signatures = std::vector<std::pair<double, uint32_t>>;

  Signatures read_signatures(const std::vector<uint32_t>& rows, uint64_t first,
                             uint64_t count) const;

  const Originals& originals_;
  const Limits& limits_;
  std::map<Kind, std::vector<uint32_t>> rows_;
  std::map<RunKind, std::map<uint64_t, Signatures>> signatures_;  // By run.
};

}  // namespace tsinspect
