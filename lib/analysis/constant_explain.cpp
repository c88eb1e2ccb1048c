#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <string_view>

#include "analysis/constant_partners.h"

namespace tsinspect {
namespace {

// How many partners are tried for one layer. Most are told to be others by
// their first two channels.
constexpr size_t kMostTried = 1024;

// A factor common to all channels is no accident from this many on.
constexpr size_t kFewestScaled = 3;

bool is_close(double a, double b, double tolerance) {
  return std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b));
}

// What all channels of one are multiplied with to give the other.
class CommonRatio {
 public:
  explicit CommonRatio(double tolerance) : tolerance_(tolerance) {}

  // False once there is none.
  bool see(double from, double to) {
    if (std::isnan(to)) return true;  // Nothing is known of the channel.
    if (!std::isfinite(from)) return false;
    if (from == 0 || to == 0) return from == to;
    if (count_++ == 0) {
      ratio_ = to / from;
      if (is_close(ratio_, 1, tolerance_)) ratio_ = 1;
      first_ = from;
    }
    varies_ |= !is_close(from, first_, tolerance_);
    return is_close(from * ratio_, to, 2 * tolerance_);
  }

  // Empty if that says nothing: one number throughout is a multiple of another.
  std::optional<double> ratio() const {
    bool says_much = count_ >= kFewestScaled && varies_;
    if (count_ == 0 || (ratio_ != 1 && !says_much)) return std::nullopt;
    return ratio_;
  }

 private:
  double tolerance_;
  double ratio_ = 0;
  double first_ = 0;
  size_t count_ = 0;
  bool varies_ = false;
};

class Explainer {
 public:
  Explainer(const FoldedNumbers& numbers, const Partners& partners,
            const Originals& originals, const std::set<uint32_t>& taken)
      : numbers_(numbers),
        partners_(partners),
        originals_(originals),
        taken_(taken) {}

  FoldExplanation explain(uint32_t place);

 private:
  using Expect = std::function<double(size_t)>;

  void try_norm(const BatchNorm& norm, double eps);
  void try_vector(const ChannelVector& vector);
  void try_constant();
  void explain_bias(const Expect& expected, const Expect& size,
                    FoldExplanation* found) const;
  uint32_t find_shift(const Expect& expected, const Expect& size) const;
  void keep(const FoldExplanation& found, bool is_taken);
  bool is_done() const { return best_.fit == Fit::kExact && !is_taken_; }

  const FoldedNumbers& numbers_;
  const Partners& partners_;
  const Originals& originals_;
  const std::set<uint32_t>& taken_;
  FoldExplanation best_;
  bool is_taken_ = false;
};

// The row of what was added to `expected`, in all channels.
uint32_t Explainer::find_shift(const Expect& expected,
                               const Expect& size) const {
  size_t tried = 0;
  for (const ChannelVector& vector : partners_.vectors) {
    if (++tried > kMostTried) break;
    for (double sign : {1.0, -1.0}) {
      bool fits = true;
      for (size_t i = 0; fits && i < vector.values.size(); ++i) {
        double rest =
            numbers_.bias_after[i] - expected(i) - sign * vector.values[i];
        fits = std::abs(rest) <=
               numbers_.tolerance * (size(i) + std::abs(vector.values[i]));
      }
      if (fits) return vector.row;
    }
  }
  return kNoIndex;
}

// `size` is the magnitude of what `expected` was summed up from, which its
// rounding is relative to.
void Explainer::explain_bias(const Expect& expected, const Expect& size,
                             FoldExplanation* found) const {
  std::span<const double> after = numbers_.bias_after;
  bool is_exact = true, is_offset = true;
  double offset = after.empty() ? 0 : after[0] - expected(0);
  for (size_t i = 0; is_offset && i < after.size(); ++i) {
    double rest = after[i] - expected(i);
    double allowed = numbers_.tolerance * (size(i) + std::abs(after[i]));
    is_exact = is_exact && std::abs(rest) <= allowed;
    is_offset = is_exact || std::abs(rest - offset) <=
                                allowed + numbers_.tolerance * std::abs(offset);
  }
  found->fit = is_exact ? Fit::kExact : Fit::kOffset;
  found->is_offset = !is_exact;
  if (is_offset) return;
  found->is_offset = false;
  found->shift = find_shift(expected, size);
  found->fit = found->shift == kNoIndex ? Fit::kWeight : Fit::kExact;
}

// Of two that explain as much, the first, unless only the second is free.
void Explainer::keep(const FoldExplanation& found, bool is_taken) {
  bool is_better = found.fit > best_.fit ||
                   (found.fit == best_.fit && is_taken_ && !is_taken);
  if (!is_better) return;
  best_ = found;
  is_taken_ = is_taken;
}

void Explainer::try_norm(const BatchNorm& norm, double eps) {
  auto factor = [&](size_t i) {
    return norm.weight[i] / std::sqrt(norm.var[i] + eps);
  };
  CommonRatio common(numbers_.tolerance);
  for (size_t i = 0; i < norm.var.size(); ++i) {
    if (!common.see(factor(i), numbers_.factors[i])) return;
  }
  std::optional<double> ratio = common.ratio();
  if (!ratio) return;
  FoldExplanation found;
  found.norm = norm.place;
  found.is_scaled = *ratio != 1;
  auto before = [&](size_t i) { return numbers_.bias_before[i]; };
  explain_bias(
      [&](size_t i) {
        double mean = norm.mean[i];
        return *ratio * (norm.bias[i] + (before(i) - mean) * factor(i));
      },
      [&](size_t i) {
        double moved = std::abs(before(i)) + std::abs(norm.mean[i]);
        return std::abs(*ratio) *
               (std::abs(norm.bias[i]) + moved * std::abs(factor(i)));
      },
      &found);
  keep(found, taken_.contains(norm.place));
}

// Multiplied with the vector, or divided by it.
void Explainer::try_vector(const ChannelVector& vector) {
  const auto& values = vector.values;
  for (bool divided : {false, true}) {
    auto factor = [&](size_t i) { return divided ? 1 / values[i] : values[i]; };
    CommonRatio common(numbers_.tolerance);
    size_t seen = 0;
    while (seen < values.size() &&
           common.see(factor(seen), numbers_.factors[seen])) {
      ++seen;
    }
    if (seen < values.size() || common.ratio() != 1) continue;
    FoldExplanation found;
    found.scale = vector.row;
    auto before = [&](size_t i) { return numbers_.bias_before[i] * factor(i); };
    explain_bias(
        before, [&](size_t i) { return std::abs(before(i)); }, &found);
    keep(found, taken_.contains(originals_.rows[vector.row].place));
  }
}

void Explainer::try_constant() {
  CommonRatio common(numbers_.tolerance);
  double scale = 1;
  for (double factor : numbers_.factors) {
    if (std::isnan(factor)) continue;
    scale = factor;
    break;
  }
  for (double factor : numbers_.factors) {
    if (!common.see(scale, factor)) return;
  }
  FoldExplanation found;
  found.is_scaled = !is_close(scale, 1, numbers_.tolerance);
  auto before = [&](size_t i) { return numbers_.bias_before[i] * scale; };
  explain_bias(
      before, [&](size_t i) { return std::abs(before(i)); }, &found);
  // A partner that explains the weight alone is a better guess than none, one
  // number in all channels a worse one.
  if (found.fit == Fit::kWeight) found.fit = Fit::kNone;
  keep(found, false);
}

// Calls `work` for those of `rows`, from the first behind `place` on, and then
// from the start, until it says that it is done.
template <typename Rows, typename PlaceOf, typename Work>
void for_each_from(const Rows& rows, uint32_t place, PlaceOf place_of,
                   Work work) {
  auto first = std::partition_point(rows.begin(), rows.end(), [&](auto& row) {
    return place_of(row) <= place;
  });
  auto start = static_cast<size_t>(first - rows.begin());
  for (size_t i = 0; i < std::min(rows.size(), kMostTried); ++i) {
    if (work(rows[(start + i) % rows.size()])) return;
  }
}

std::string_view parent_of(std::string_view path) {
  size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? "" : path.substr(0, dot);
}

FoldExplanation Explainer::explain(uint32_t place) {
  // A batch norm always leaves a bias. Its place is most often beside the
  // layer, whatever the order in which a file lists names.
  std::string_view parent = parent_of(originals_.module(place));
  for (bool is_beside : {true, false}) {
    if (numbers_.bias_after.empty()) break;
    for_each_from(
        partners_.norms, place, [](const BatchNorm& n) { return n.place; },
        [&](const BatchNorm& norm) {
          auto path = originals_.module(norm.place);
          if ((parent_of(path) == parent) != is_beside) return false;
          for (double eps : norm.eps) {
            if (!is_done()) try_norm(norm, eps);
          }
          return is_done();
        });
  }
  if (is_done()) return best_;
  for_each_from(
      partners_.vectors, place,
      [&](const ChannelVector& v) { return originals_.rows[v.row].place; },
      [&](const ChannelVector& vector) {
        try_vector(vector);
        return is_done();
      });
  if (!is_done()) try_constant();
  return best_;
}

}  // namespace

FoldExplanation explain_fold(const FoldedNumbers& numbers,
                             const Partners& partners, uint32_t place,
                             const Originals& originals,
                             const std::set<uint32_t>& taken) {
  return Explainer(numbers, partners, originals, taken).explain(place);
}

}  // namespace tsinspect
