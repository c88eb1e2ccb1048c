#include "analysis/run_pairing.h"

#include <algorithm>
#include <cmath>

#include "tsinspect/values.h"

namespace tsinspect {
namespace {

constexpr uint64_t kSampled = 64;

// Tables of more entries are not made.
constexpr uint64_t kMostEntries = uint64_t{1} << 24;

Places walk(uint32_t size_a, uint32_t size_b,
            const std::function<bool(uint32_t, uint32_t)>& same) {
  Places pairs;
  uint32_t next = 0;
  for (uint32_t a = 0; a < size_a; ++a) {
    for (uint32_t b = next; b < size_b; ++b) {
      if (!same(a, b)) continue;
      pairs.emplace_back(a, b);
      next = b + 1;
      break;
    }
  }
  return pairs;
}

// The index of the element that is `at`-th in row-major order.
std::vector<int64_t> index_of(uint64_t at, std::span<const int64_t> shape) {
  std::vector<int64_t> index(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    auto size = static_cast<uint64_t>(shape[i]);
    index[i] = static_cast<int64_t>(at % size);
    at /= size;
  }
  return index;
}

bool close(double a, double b, double atol, double rtol) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return true;
  return std::abs(a - b) <= atol + rtol * std::abs(a);
}

}  // namespace

Places longest_common(uint32_t size_a, uint32_t size_b,
                      const std::function<bool(uint32_t, uint32_t)>& same) {
  uint64_t width = uint64_t{size_b} + 1;
  if ((uint64_t{size_a} + 1) * width > kMostEntries) {
    return walk(size_a, size_b, same);
  }
  // lengths[a][b]: of the rows behind a and b.
  std::vector<uint32_t> lengths((uint64_t{size_a} + 1) * width);
  std::vector<bool> equal(uint64_t{size_a} * width);
  for (uint32_t a = size_a; a-- > 0;) {
    for (uint32_t b = size_b; b-- > 0;) {
      uint64_t at = a * width + b;
      equal[at] = same(a, b);
      lengths[at] = equal[at] ? lengths[at + width + 1] + 1
                              : std::max(lengths[at + width], lengths[at + 1]);
    }
  }
  Places pairs;
  for (uint32_t a = 0, b = 0; a < size_a && b < size_b;) {
    uint64_t at = a * width + b;
    if (equal[at]) {
      pairs.emplace_back(a++, b++);
    } else if (lengths[at + width] >= lengths[at + 1]) {
      ++a;
    } else {
      ++b;
    }
  }
  return pairs;
}

Places fill_gaps(uint32_t size_a, uint32_t size_b, const Places& anchors,
                 const std::function<bool(uint32_t, uint32_t)>& alike) {
  Places pairs;
  uint32_t begin_a = 0, begin_b = 0;
  auto fill = [&](uint32_t end_a, uint32_t end_b) {
    size_t first = pairs.size();
    uint32_t a = end_a, b = end_b;
    while (a > begin_a && b > begin_b) {
      uint32_t partner = b;
      while (partner > begin_b && !alike(a - 1, partner - 1)) --partner;
      --a;
      if (partner == begin_b) continue;
      pairs.emplace_back(a, partner - 1);
      b = partner - 1;
    }
    std::reverse(pairs.begin() + static_cast<std::ptrdiff_t>(first),
                 pairs.end());
    begin_a = end_a + 1;
    begin_b = end_b + 1;
  };
  for (auto [a, b] : anchors) fill(a, b);
  fill(size_a, size_b);
  return pairs;
}

Sample::Sample(const Model& model, const Tensor& tensor, const Limits& limits) {
  uint64_t elements = tensor.elements();
  if (elements == 0 || !is_numeric(tensor.dtype)) return;
  ElementReader reader(model, tensor, limits);
  uint64_t count = std::min(elements, kSampled);
  for (uint64_t i = 0; i < count; ++i) {
    // Spread, and of an odd distance, lest all are of one column.
    uint64_t at = elements <= kSampled ? i : i * ((elements / count) | 1);
    values_.push_back(reader.real(index_of(at % elements, tensor.shape)));
  }
}

bool Sample::is_close(const Sample& other, double atol, double rtol) const {
  return std::equal(values_.begin(), values_.end(), other.values_.begin(),
                    other.values_.end(), [&](double a, double b) {
                      return close(a, b, atol, rtol);
                    });
}

}  // namespace tsinspect
