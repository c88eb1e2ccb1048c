#include "analysis/diff_kernel.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "analysis/diff_lanes.h"

namespace tsinspect {
namespace {

using std::isfinite;
using std::isnan;

bool isnan(const std::complex<double>& z) {
  return std::isnan(z.real()) || std::isnan(z.imag());
}
bool isfinite(const std::complex<double>& z) {
  return std::isfinite(z.real()) && std::isfinite(z.imag());
}

double product(double a, double b) { return a * b; }
double product(long double a, long double b) {
  return static_cast<double>(a * b);
}
double product(const std::complex<double>& a, const std::complex<double>& b) {
  return a.real() * b.real() + a.imag() * b.imag();
}

double load_float(const std::byte* bytes) {
  float value;
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<double>(value);
}

void see_max(double value, uint64_t at, DifferenceSums* sums) {
  bool first = sums->max_at == kNowhere && value > 0;
  if (!first && !(value > sums->max_abs)) return;
  sums->max_abs = value;
  sums->max_at = at;
}

void add_nan(bool in_both, uint64_t at, const DifferenceRule& rule,
             DifferenceSums* sums) {
  ++(in_both ? sums->nan_in_both : sums->nan_in_one);
  if (in_both && !rule.nan_differs) return;
  ++sums->different;
  ++sums->beyond;
  sums->nan_at = std::min(sums->nan_at, at);
}

template <typename T>
void add_value(const T& a, const T& b, uint64_t at, const DifferenceRule& rule,
               DifferenceSums* sums) {
  if (isnan(a) || isnan(b))
    return add_nan(isnan(a) && isnan(b), at, rule, sums);
  bool finite = isfinite(a) && isfinite(b);
  double distance = 0;
  if (a != b) {
    distance = finite ? static_cast<double>(std::abs(a - b)) : INFINITY;
    auto size = static_cast<double>(std::abs(a));
    const Tolerance& allowed = rule.tolerance;
    ++sums->different;
    sums->beyond += !finite || distance > allowed.atol + allowed.rtol * size;
    see_max(distance, at, sums);
    double relative = finite ? distance / size : INFINITY;
    sums->max_rel = std::max(sums->max_rel, relative);
  }
  if (!finite) return;
  ++sums->finite;
  sums->abs += distance;
  sums->squares += distance * distance;
  sums->a_squares += product(a, a);
  sums->b_squares += product(b, b);
  sums->products += product(a, b);
}

template <typename T>
void add_values(const T* a, const T* b, size_t count, uint64_t first,
                const DifferenceRule& rule, DifferenceSums* sums) {
  for (size_t i = 0; i < count; ++i) {
    add_value(a[i], b[i], first + i, rule, sums);
  }
}

// A NaN or an infinity, and squares that overflow, make a sum not finite.
bool is_finite(const Lanes& lanes) {
  double check = 0;
  for (size_t i = 0; i < kLanes; ++i) {
    check += lanes.a_squares[i] + lanes.b_squares[i] + lanes.squares[i];
  }
  return std::isfinite(check);
}

void add_lanes(const Lanes& lanes, size_t count, uint64_t first,
               DifferenceSums* sums) {
  DifferenceSums block;
  block.finite = count;
  for (size_t i = 0; i < kLanes; ++i) {
    block.different += static_cast<uint64_t>(lanes.different[i]);
    block.beyond += static_cast<uint64_t>(lanes.beyond[i]);
    block.abs += lanes.abs[i];
    block.squares += lanes.squares[i];
    block.a_squares += lanes.a_squares[i];
    block.b_squares += lanes.b_squares[i];
    block.products += lanes.products[i];
    block.max_rel = std::max(block.max_rel, lanes.max_rel[i]);
    uint64_t at = first + static_cast<uint64_t>(lanes.max_at[i]);
    bool is_earlier = lanes.max_abs[i] == block.max_abs && at < block.max_at;
    if (lanes.max_abs[i] > 0 &&
        (lanes.max_abs[i] > block.max_abs || is_earlier)) {
      block.max_abs = lanes.max_abs[i];
      block.max_at = at;
    }
  }
  sums->add(block);
}

}  // namespace

void DifferenceSums::add(const DifferenceSums& next) {
  finite += next.finite;
  different += next.different;
  beyond += next.beyond;
  nan_in_one += next.nan_in_one;
  nan_in_both += next.nan_in_both;
  abs += next.abs;
  squares += next.squares;
  a_squares += next.a_squares;
  b_squares += next.b_squares;
  products += next.products;
  max_rel = std::max(max_rel, next.max_rel);
  if (next.max_at != kNowhere) see_max(next.max_abs, next.max_at, this);
  nan_at = std::min(nan_at, next.nan_at);
}

ValueDiff DifferenceSums::measures() const {
  ValueDiff d;
  d.different = different;
  d.beyond = beyond;
  d.nan_in_one = nan_in_one;
  d.nan_in_both = nan_in_both;
  d.max_abs = max_abs;
  d.max_rel = max_rel;
  auto count = static_cast<double>(finite);
  d.mean_abs = finite ? abs / count : 0;
  d.rmse = finite ? std::sqrt(squares / count) : 0;
  d.sqnr_db = squares == 0 ? INFINITY : 10 * std::log10(a_squares / squares);
  double norms = std::sqrt(a_squares) * std::sqrt(b_squares);
  d.cosine = std::clamp(products / norms, -1.0, 1.0);
  return d;
}

void add_differences(double* a, double* b, size_t count, uint64_t first,
                     const DifferenceRule& rule, DifferenceSums* sums) {
  // Zeros in both add nothing.
  size_t whole = (count + kLanes - 1) / kLanes * kLanes;
  std::fill(a + count, a + whole, 0.0);
  std::fill(b + count, b + whole, 0.0);
  Lanes lanes;
  lane_kernels().doubles(a, b, whole, rule.tolerance, &lanes);
  if (is_finite(lanes)) return add_lanes(lanes, count, first, sums);
  DifferenceSums block;
  add_values(a, b, count, first, rule, &block);
  sums->add(block);
}

void add_float32(const std::byte* a, const std::byte* b, size_t count,
                 uint64_t first, const DifferenceRule& rule,
                 DifferenceSums* sums) {
  for (size_t at = 0; at < count; at += kBlockValues) {
    size_t n = std::min(count - at, kBlockValues);
    const std::byte* from_a = a + 4 * at;
    const std::byte* from_b = b + 4 * at;
    Lanes lanes;
    bool done = n % kLanes == 0;
    if (done) {
      lane_kernels().floats(from_a, from_b, n, rule.tolerance, &lanes);
      done = is_finite(lanes);
    }
    if (done) {
      add_lanes(lanes, n, first + at, sums);
      continue;
    }
    double wide_a[kBlockValues], wide_b[kBlockValues];
    for (size_t i = 0; i < n; ++i) {
      wide_a[i] = load_float(from_a + 4 * i);
      wide_b[i] = load_float(from_b + 4 * i);
    }
    add_differences(wide_a, wide_b, n, first + at, rule, sums);
  }
}

void add_differences(const long double* a, const long double* b, size_t count,
                     uint64_t first, const DifferenceRule& rule,
                     DifferenceSums* sums) {
  add_values(a, b, count, first, rule, sums);
}

void add_differences(const std::complex<double>* a,
                     const std::complex<double>* b, size_t count,
                     uint64_t first, const DifferenceRule& rule,
                     DifferenceSums* sums) {
  add_values(a, b, count, first, rule, sums);
}

}  // namespace tsinspect
