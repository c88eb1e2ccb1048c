// Source: E. W. Myers, An O(ND) Difference Algorithm and Its Variations, 1986.

#include "analysis/align.h"

#include <algorithm>
#include <cstddef>

namespace tsinspect {
namespace {

using Matches = std::vector<std::pair<uint32_t, uint32_t>>;

// Items that are in one sequence only, up to which two are aligned: the memory
// is the square of it.
constexpr ptrdiff_t kMostEdits = 2000;

class Aligner {
 public:
  Aligner(std::span<const uint32_t> a, std::span<const uint32_t> b,
          uint64_t* budget)
      : a_(a), b_(b), budget_(*budget) {}

  std::optional<Matches> run() {
    auto size_a = static_cast<ptrdiff_t>(a_.size());
    auto size_b = static_cast<ptrdiff_t>(b_.size());
    ptrdiff_t most = std::min(size_a + size_b, kMostEdits);
    // How far each diagonal, `x - y`, was followed in A; and a place on either
    // side that is none.
    std::vector<int32_t> reach(static_cast<size_t>(2 * most + 3));
    auto at = [&](ptrdiff_t diagonal) -> int32_t& {
      return reach[static_cast<size_t>(diagonal + most + 1)];
    };
    for (ptrdiff_t edits = 0; edits <= most; ++edits) {
      auto row = reach.begin() + (most + 1 - edits);
      rows_.emplace_back(row, row + (2 * edits + 1));
      for (ptrdiff_t diagonal = -edits; diagonal <= edits; diagonal += 2) {
        bool down = edits > 0 && takes_from_b(at, edits, diagonal);
        int32_t x = edits == 0 ? 0
                    : down     ? at(diagonal + 1)
                               : at(diagonal - 1) + 1;
        x = follow(x, x - diagonal);
        at(diagonal) = x;
        if (!spend(1)) return std::nullopt;
        if (x >= size_a && x - diagonal >= size_b) return trace(edits);
      }
    }
    return std::nullopt;
  }

 private:
  // Whether the furthest way to a diagonal is by an item of B.
  template <typename At>
  static bool takes_from_b(const At& at, ptrdiff_t edits, ptrdiff_t diagonal) {
    if (diagonal == -edits) return true;
    if (diagonal == edits) return false;
    return at(diagonal - 1) < at(diagonal + 1);
  }

  // Past all that is equal from there on.
  int32_t follow(ptrdiff_t x, ptrdiff_t y) {
    auto size_a = static_cast<ptrdiff_t>(a_.size());
    auto size_b = static_cast<ptrdiff_t>(b_.size());
    ptrdiff_t begin = x;
    while (x < size_a && y < size_b &&
           a_[static_cast<size_t>(x)] == b_[static_cast<size_t>(y)]) {
      ++x;
      ++y;
    }
    spend(static_cast<uint64_t>(x - begin));
    return static_cast<int32_t>(x);
  }

  bool spend(uint64_t steps) {
    bool enough = budget_ >= steps;
    budget_ = enough ? budget_ - steps : 0;
    return enough;
  }

  // From the ends back to the beginning. rows_[n] is what `reach` was before
  // the n-th edit, from diagonal -n on.
  Matches trace(ptrdiff_t edits) const {
    Matches matches;
    auto x = static_cast<ptrdiff_t>(a_.size());
    auto y = static_cast<ptrdiff_t>(b_.size());
    for (; edits > 0; --edits) {
      const auto& row = rows_[static_cast<size_t>(edits)];
      auto at = [&](ptrdiff_t diagonal) {
        return row[static_cast<size_t>(diagonal + edits)];
      };
      bool down = takes_from_b(at, edits, x - y);
      ptrdiff_t before = x - y + (down ? 1 : -1);
      ptrdiff_t x_before = at(before), y_before = x_before - before;
      back(x_before + (down ? 0 : 1), &x, &y, &matches);
      x = x_before;
      y = y_before;
    }
    back(0, &x, &y, &matches);
    std::ranges::reverse(matches);
    return matches;
  }

  static void back(ptrdiff_t to, ptrdiff_t* x, ptrdiff_t* y, Matches* matches) {
    while (*x > to) {
      --*x;
      --*y;
      matches->emplace_back(*x, *y);
    }
  }

  std::span<const uint32_t> a_, b_;
  uint64_t& budget_;
  std::vector<std::vector<int32_t>> rows_;
};

}  // namespace

std::optional<Matches> align(std::span<const uint32_t> a,
                             std::span<const uint32_t> b, uint64_t* budget) {
  size_t most = std::min(a.size(), b.size()), begin = 0, end = 0;
  while (begin < most && a[begin] == b[begin]) ++begin;
  while (end < most - begin && a[a.size() - 1 - end] == b[b.size() - 1 - end]) {
    ++end;
  }
  auto middle = [&](std::span<const uint32_t> all) {
    return all.subspan(begin, all.size() - begin - end);
  };
  auto inside = Aligner(middle(a), middle(b), budget).run();
  if (!inside) return std::nullopt;
  Matches matches;
  for (uint32_t i = 0; i < begin; ++i) matches.emplace_back(i, i);
  for (auto [x, y] : *inside) matches.emplace_back(x + begin, y + begin);
  for (size_t i = end; i > 0; --i) {
    matches.emplace_back(a.size() - i, b.size() - i);
  }
  return matches;
}

}  // namespace tsinspect
