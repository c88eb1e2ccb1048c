// Which values of two runs belong together.

#pragma once

#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "analysis/run_record.h"

namespace tsinspect {

// Places in two rows of values.
using Places = std::vector<std::pair<uint32_t, uint32_t>>;

// The longest sequence of pairs, ascending in both, for which `same` holds. Of
// rows too long for that, those that a walk over both finds.
Places longest_common(uint32_t size_a, uint32_t size_b,
                      const std::function<bool(uint32_t, uint32_t)>& same);

// Between and around the pairs of `anchors`, what fits by `alike`, ascending in
// both, the last with the last.
Places fill_gaps(uint32_t size_a, uint32_t size_b, const Places& anchors,
                 const std::function<bool(uint32_t, uint32_t)>& alike);

// Some of a tensor's values, to tell whether two may be the same without
// reading all of them.
class Sample {
 public:
  Sample(const Model& model, const Tensor& tensor, const Limits& limits);

  bool is_close(const Sample& other, double atol, double rtol) const;

 private:
  std::vector<double> values_;
};

}  // namespace tsinspect
