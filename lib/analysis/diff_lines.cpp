#include "analysis/diff_lines.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "analysis/align.h"

namespace tsinspect {
namespace {

// Lines that are shown around those that differ.
constexpr size_t kContext = 2;

bool same_constants(const CanonicalLine& a, const CanonicalLine& b,
                    const SameConstant& same) {
  return std::ranges::equal(a.constants, b.constants, same);
}

// Which variable of B each of A is.
class VariablePairs {
 public:
  // Takes the variables of two lines for each other; false if that contradicts
  // lines before.
  bool add(std::span<const uint32_t> a, std::span<const uint32_t> b) {
    std::vector<std::pair<uint32_t, uint32_t>> added;
    for (size_t i = 0; i < a.size(); ++i) {
      bool new_a = to_b_.try_emplace(a[i], b[i]).second;
      bool new_b = to_a_.try_emplace(b[i], a[i]).second;
      bool fits = to_b_[a[i]] == b[i] && to_a_[b[i]] == a[i];
      if (fits && new_a && new_b) added.emplace_back(a[i], b[i]);
      if (fits) continue;
      if (new_a) to_b_.erase(a[i]);
      if (new_b) to_a_.erase(b[i]);
      for (auto [x, y] : added) {
        to_b_.erase(x);
        to_a_.erase(y);
      }
      return false;
    }
    return true;
  }

 private:
  std::unordered_map<uint32_t, uint32_t> to_b_, to_a_;
};

// Equal shapes have equal numbers.
class ShapeNumbers {
 public:
  std::vector<uint32_t> of(std::span<const CanonicalLine> lines) {
    std::vector<uint32_t> numbers;
    for (const CanonicalLine& line : lines) {
      auto next = static_cast<uint32_t>(known_.size());
      numbers.push_back(known_.try_emplace(line.shape, next).first->second);
    }
    return numbers;
  }

 private:
  std::unordered_map<std::string_view, uint32_t> known_;
};

// Instead of lines that are far from any that differs, there is one that says
// so.
std::vector<CodeLine> without_far_ones(std::vector<CodeLine> lines) {
  std::vector<bool> is_near(lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].kind == CodeLine::Kind::kSame) continue;
    size_t end = std::min(i + kContext + 1, lines.size());
    for (size_t j = i - std::min(i, kContext); j < end; ++j) is_near[j] = true;
  }
  std::vector<CodeLine> result;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (is_near[i]) {
      result.push_back(std::move(lines[i]));
    } else if (i == 0 || is_near[i - 1]) {
      result.push_back({CodeLine::Kind::kSkipped, ""});
    }
  }
  return result;
}

}  // namespace

bool same_lines(std::span<const CanonicalLine> a,
                std::span<const CanonicalLine> b, const SameConstant& same) {
  return std::ranges::equal(a, b, [&](const auto& x, const auto& y) {
    return x.shape == y.shape && x.variables == y.variables &&
           same_constants(x, y, same);
  });
}

std::vector<CodeLine> diff_lines(std::span<const CanonicalLine> a,
                                 std::span<const CanonicalLine> b,
                                 const SameConstant& same, uint64_t* budget) {
  ShapeNumbers numbers;
  auto matches = align(numbers.of(a), numbers.of(b), budget);
  if (!matches) return {};
  matches->emplace_back(a.size(), b.size());
  VariablePairs variables;
  std::vector<CodeLine> lines;
  size_t x = 0, y = 0;
  auto tell_up_to = [&](size_t end_a, size_t end_b) {
    for (; x < end_a; ++x) {
      lines.push_back({CodeLine::Kind::kRemoved, a[x].text});
    }
    for (; y < end_b; ++y) lines.push_back({CodeLine::Kind::kAdded, b[y].text});
  };
  for (auto [i, j] : *matches) {
    bool is_end = i == a.size();
    bool fits = !is_end && same_constants(a[i], b[j], same) &&
                variables.add(a[i].variables, b[j].variables);
    if (!is_end && !fits) continue;
    tell_up_to(i, j);
    if (is_end) break;
    lines.push_back({CodeLine::Kind::kSame, b[j].text});
    ++x;
    ++y;
  }
  return without_far_ones(std::move(lines));
}

}  // namespace tsinspect
