#include "analysis/diff_lanes.h"

#include <cstring>

// Fused multiplications would make results depend on the processor. GCC does
// not fuse in standard C++.
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

namespace tsinspect {
namespace {

typedef double Reals __attribute__((vector_size(8 * kLanes)));
typedef int64_t Ints __attribute__((vector_size(8 * kLanes)));
typedef float Floats __attribute__((vector_size(4 * kLanes)));

// Where float64 or float32 lie, aligned or not.
struct Doubles {
  const double* at;

  [[gnu::always_inline]] void load(size_t i, Reals* out) const {
    std::memcpy(out, at + i, sizeof *out);
  }
  bool operator==(const Doubles&) const = default;
};

struct SingleFloats {
  const std::byte* at;

  [[gnu::always_inline]] void load(size_t i, Reals* out) const {
    Floats narrow;
    std::memcpy(&narrow, at + 4 * i, sizeof narrow);
    *out = __builtin_convertvector(narrow, Reals);
  }
  bool operator==(const SingleFloats&) const = default;
};

// Right for finite values only. `count` is a whole number of kLanes.
template <typename T>
[[gnu::always_inline]] inline void accumulate(T a, T b, size_t count,
                                              const Tolerance& tolerance,
                                              Lanes* out) {
  const Ints no_sign = Ints{} + INT64_MAX;
  const Reals atol = Reals{} + tolerance.atol;
  const Reals rtol = Reals{} + tolerance.rtol;
  Reals abs{}, squares{}, a_squares{}, b_squares{}, products{};
  Reals max_abs{}, max_rel{};
  Ints max_at{}, different{}, beyond{};
  Ints at = {0, 1, 2, 3, 4, 5, 6, 7};
  for (size_t i = 0; i < count; i += kLanes) {
    Reals x, y;
    a.load(i, &x);
    b.load(i, &y);
    const Reals d = (Reals)((Ints)(x - y) & no_sign);
    const Reals size = (Reals)((Ints)x & no_sign);
    const Reals relative = d / size;  // 0 / 0 is NaN, and never larger.
    const Ints is_larger = d > max_abs;
    max_abs = is_larger ? d : max_abs;
    max_at = is_larger ? at : max_at;
    max_rel = relative > max_rel ? relative : max_rel;
    different -= d > Reals{};
    beyond -= d > atol + rtol * size;
    abs += d;
    squares += d * d;
    a_squares += x * x;
    b_squares += y * y;
    products += x * y;
    at += static_cast<int64_t>(kLanes);
  }
  std::memcpy(out->abs, &abs, sizeof abs);
  std::memcpy(out->squares, &squares, sizeof abs);
  std::memcpy(out->a_squares, &a_squares, sizeof abs);
  std::memcpy(out->b_squares, &b_squares, sizeof abs);
  std::memcpy(out->products, &products, sizeof abs);
  std::memcpy(out->max_abs, &max_abs, sizeof abs);
  std::memcpy(out->max_rel, &max_rel, sizeof abs);
  std::memcpy(out->max_at, &max_at, sizeof abs);
  std::memcpy(out->different, &different, sizeof abs);
  std::memcpy(out->beyond, &beyond, sizeof abs);
}

// The same for two rows that are equal.
template <typename T>
[[gnu::always_inline]] inline void accumulate_equal(T a, size_t count,
                                                    Lanes* out) {
  Reals squares{};
  for (size_t i = 0; i < count; i += kLanes) {
    Reals x;
    a.load(i, &x);
    squares += x * x;
  }
  *out = {};
  std::memcpy(out->a_squares, &squares, sizeof squares);
  std::memcpy(out->b_squares, &squares, sizeof squares);
  std::memcpy(out->products, &squares, sizeof squares);
}

template <typename T>
[[gnu::always_inline]] inline void accumulate_any(T a, T b, size_t count,
                                                  const Tolerance& tolerance,
                                                  Lanes* out) {
  if (a == b) return accumulate_equal(a, count, out);
  accumulate(a, b, count, tolerance, out);
}

template <typename T, typename Item>
void plain(const Item* a, const Item* b, size_t count,
           const Tolerance& tolerance, Lanes* out) {
  accumulate_any(T{a}, T{b}, count, tolerance, out);
}

#if defined(__x86_64__)
template <typename T, typename Item>
[[gnu::target("avx2")]] void avx2(const Item* a, const Item* b, size_t count,
                                  const Tolerance& tolerance, Lanes* out) {
  accumulate_any(T{a}, T{b}, count, tolerance, out);
}

template <typename T, typename Item>
[[gnu::target("avx512f,avx512dq")]] void avx512(const Item* a, const Item* b,
                                                size_t count,
                                                const Tolerance& tolerance,
                                                Lanes* out) {
  accumulate_any(T{a}, T{b}, count, tolerance, out);
}
#endif

LaneKernels best_kernels() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) {
    return {avx512<Doubles, double>, avx512<SingleFloats, std::byte>};
  }
  if (__builtin_cpu_supports("avx2"))
    return {avx2<Doubles, double>, avx2<SingleFloats, std::byte>};
#endif
  return {plain<Doubles, double>, plain<SingleFloats, std::byte>};
}

}  // namespace

const LaneKernels& lane_kernels() {
  static const LaneKernels kBest = best_kernels();
  return kBest;
}

}  // namespace tsinspect
