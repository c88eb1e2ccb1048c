#include "tensor/kernels.h"

#include <cstring>

// Vectors of a length that only the processor knows cannot stand in arrays;
// the others are left out because they add nothing here.
#define HWY_DISABLED_TARGETS                                               \
  (HWY_RVV | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_SSSE3 | \
   HWY_AVX3_DL)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tensor/kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tsinspect::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kLanes = 8;

using Doubles = hn::CappedTag<double, kLanes>;
constexpr size_t kDoubles = hn::MaxLanes(Doubles());  // In a vector.
constexpr size_t kVectors = kLanes / kDoubles;        // For all lanes.
using DoubleVector = hn::Vec<Doubles>;

// The sums of one block, lane by lane.
class Lanes {
 public:
  explicit Lanes(double pivot) : pivot_(hn::Set(Doubles(), pivot)) {
    for (size_t i = 0; i < kVectors; ++i) {
      offsets_[i] = squares_[i] = magnitudes_[i] = hn::Zero(Doubles());
    }
  }

  HWY_INLINE void add(size_t i, DoubleVector x) {
    DoubleVector offset = hn::Sub(x, pivot_);
    offsets_[i] = hn::Add(offsets_[i], offset);
    squares_[i] = hn::Add(squares_[i], hn::Mul(offset, offset));
    magnitudes_[i] = hn::Add(magnitudes_[i], hn::Abs(x));
  }

  // Adds what is left of a block, fewer values than lanes times two, and all
  // up.
  template <typename T>
  void finish(const T* rest, size_t count, double pivot, BlockSums* sums) {
    double offsets[kLanes], squares[kLanes], magnitudes[kLanes];
    for (size_t i = 0; i < kVectors; ++i) {
      hn::StoreU(offsets_[i], Doubles(), offsets + i * kDoubles);
      hn::StoreU(squares_[i], Doubles(), squares + i * kDoubles);
      hn::StoreU(magnitudes_[i], Doubles(), magnitudes + i * kDoubles);
    }
    for (size_t i = 0; i < count; ++i) {
      auto x = static_cast<double>(rest[i]);
      double offset = x - pivot;
      double square = offset * offset;
      offsets[i % kLanes] += offset;
      squares[i % kLanes] += square;
      magnitudes[i % kLanes] += x < 0 ? -x : x;
    }
    for (size_t i = 0; i < kLanes; ++i) {
      sums->offsets += offsets[i];
      sums->squares += squares[i];
      sums->magnitudes += magnitudes[i];
    }
  }

 private:
  DoubleVector pivot_;
  DoubleVector offsets_[kVectors], squares_[kVectors], magnitudes_[kVectors];
};

// Adds vector number `k` of a step to the lanes that its elements belong to.
HWY_INLINE void add_vector(Lanes& lanes, size_t k, DoubleVector x) {
  lanes.add(k % kVectors, x);
}

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void add_vector(Lanes& lanes, size_t k, hn::Vec1<float> x) {
  lanes.add(k % kVectors, hn::PromoteTo(Doubles(), x));
}
#else
template <class V, hwy::EnableIf<sizeof(hn::TFromV<V>) == 4>* = nullptr>
HWY_INLINE void add_vector(Lanes& lanes, size_t k, V x) {
  using Half = hn::Rebind<float, Doubles>;
  lanes.add(2 * k % kVectors,
            hn::PromoteTo(Doubles(), hn::LowerHalf(Half(), x)));
  lanes.add((2 * k + 1) % kVectors,
            hn::PromoteTo(Doubles(), hn::UpperHalf(Half(), x)));
}
#endif

template <typename T>
HWY_INLINE BlockSums sum_values(const T* in, size_t count, double pivot,
                                T tiny) {
  constexpr size_t kStep = 2 * kLanes;
  const hn::CappedTag<T, kDoubles * sizeof(double) / sizeof(T)> tag;
  constexpr size_t kPerVector = hn::MaxLanes(tag);
  Lanes lanes(pivot);
  auto least = hn::Set(tag, in[0]);
  auto most = least;
  const auto bound = hn::Set(tag, tiny);
  size_t small = 0;
  size_t at = 0;
  for (; at + kStep <= count; at += kStep) {
    for (size_t k = 0; k < kStep / kPerVector; ++k) {
      auto x = hn::LoadU(tag, in + at + k * kPerVector);
      least = hn::Min(least, x);
      most = hn::Max(most, x);
      small += hn::CountTrue(tag, hn::Lt(hn::Abs(x), bound));
      add_vector(lanes, k, x);
    }
  }
  BlockSums sums;
  sums.small = small;
  sums.min = static_cast<double>(hn::GetLane(hn::MinOfLanes(tag, least)));
  sums.max = static_cast<double>(hn::GetLane(hn::MaxOfLanes(tag, most)));
  for (size_t i = at; i < count; ++i) {
    auto x = static_cast<double>(in[i]);
    sums.small += in[i] < tiny && in[i] > -tiny;
    if (x < sums.min) sums.min = x;
    if (x > sums.max) sums.max = x;
  }
  lanes.finish(in + at, count - at, pivot, &sums);
  return sums;
}

BlockSums SumFloats(const float* in, size_t count, double pivot, float tiny) {
  return sum_values(in, count, pivot, tiny);
}

BlockSums SumDoubles(const double* in, size_t count, double pivot,
                     double tiny) {
  return sum_values(in, count, pivot, tiny);
}

template <typename T>
HWY_INLINE size_t count_zeros_of(const T* in, size_t count) {
  const hn::CappedTag<T, kDoubles * sizeof(double) / sizeof(T)> tag;
  const size_t step = hn::Lanes(tag);
  size_t zeros = 0, at = 0;
  for (; at + step <= count; at += step) {
    zeros += hn::CountTrue(tag, hn::Eq(hn::LoadU(tag, in + at), hn::Zero(tag)));
  }
  for (; at < count; ++at) zeros += in[at] == 0;
  return zeros;
}

size_t CountFloatZeros(const float* in, size_t count) {
  return count_zeros_of(in, count);
}

size_t CountDoubleZeros(const double* in, size_t count) {
  return count_zeros_of(in, count);
}

// Calls convert(vector of `Bits`) for all values, and stores the floats.
template <typename Bits, class Convert>
HWY_INLINE void convert_all(const std::byte* in, size_t count, float* out,
                            const Convert& convert) {
  const hn::CappedTag<float, 2 * kLanes> floats;
  const hn::Rebind<Bits, decltype(floats)> tag;
  const size_t step = hn::Lanes(floats);
  size_t at = 0;
  for (; at + step <= count; at += step) {
    // Loads of vectors need no alignment.
    auto* from = reinterpret_cast<const Bits*>(in + at * sizeof(Bits));
    hn::StoreU(convert(hn::LoadU(tag, from)), floats, out + at);
  }
  if (at == count) return;
  Bits rest[2 * kLanes] = {};
  float results[2 * kLanes];
  std::memcpy(rest, in + at * sizeof(Bits), (count - at) * sizeof(Bits));
  hn::StoreU(convert(hn::LoadU(tag, rest)), floats, results);
  std::memcpy(out + at, results, (count - at) * sizeof(float));
}

using Floats = hn::CappedTag<float, 2 * kLanes>;
using Int32s = hn::RebindToSigned<Floats>;
using UInt32s = hn::RebindToUnsigned<Floats>;

void FromBFloat16(const std::byte* in, size_t count, float* out) {
  convert_all<uint16_t>(in, count, out, [](auto bits) HWY_ATTR {
    return hn::BitCast(Floats(),
                       hn::ShiftLeft<16>(hn::PromoteTo(UInt32s(), bits)));
  });
}

void FromFloat16(const std::byte* in, size_t count, float* out) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2  // These have an instruction for it.
  convert_all<uint16_t>(in, count, out, [](auto bits) HWY_ATTR {
    const hn::Rebind<hwy::float16_t, Floats> halves;
    return hn::PromoteTo(Floats(), hn::BitCast(halves, bits));
  });
#else
  convert_all<uint16_t>(in, count, out, [](auto bits) HWY_ATTR {
    const auto wide = hn::PromoteTo(UInt32s(), bits);
    const auto magnitude = hn::And(wide, hn::Set(UInt32s(), 0x7fff));
    // Exponent and mantissa in their places; a power of two mends the bias,
    // of subnormals, too.
    const auto scaled =
        hn::Mul(hn::BitCast(Floats(), hn::ShiftLeft<13>(magnitude)),
                hn::Set(Floats(), 5.192296858534828e33f));  // 2^112
    const auto is_special =
        hn::Gt(hn::BitCast(Int32s(), magnitude), hn::Set(Int32s(), 0x7bff));
    const auto exponent =
        hn::IfThenElseZero(is_special, hn::Set(Int32s(), 0x7f800000));
    const auto sign =
        hn::ShiftLeft<16>(hn::And(wide, hn::Set(UInt32s(), 0x8000)));
    return hn::BitCast(Floats(),
                       hn::Or(hn::Or(hn::BitCast(UInt32s(), scaled), sign),
                              hn::BitCast(UInt32s(), exponent)));
  });
#endif
}

template <typename T>
HWY_INLINE void from_integers(const std::byte* in, size_t count, float* out) {
  convert_all<T>(in, count, out, [](auto x) HWY_ATTR {
    return hn::ConvertTo(Floats(), hn::PromoteTo(Int32s(), x));
  });
}

void FromInt8(const std::byte* in, size_t count, float* out) {
  from_integers<int8_t>(in, count, out);
}
void FromUInt8(const std::byte* in, size_t count, float* out) {
  from_integers<uint8_t>(in, count, out);
}
void FromInt16(const std::byte* in, size_t count, float* out) {
  from_integers<int16_t>(in, count, out);
}
void FromUInt16(const std::byte* in, size_t count, float* out) {
  from_integers<uint16_t>(in, count, out);
}

}  // namespace
}  // namespace tsinspect::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tsinspect {
namespace {

HWY_EXPORT(SumFloats);
HWY_EXPORT(SumDoubles);
HWY_EXPORT(CountFloatZeros);
HWY_EXPORT(CountDoubleZeros);
HWY_EXPORT(FromBFloat16);
HWY_EXPORT(FromFloat16);
HWY_EXPORT(FromInt8);
HWY_EXPORT(FromUInt8);
HWY_EXPORT(FromInt16);
HWY_EXPORT(FromUInt16);

}  // namespace

BlockSums sum_block(std::span<const float> values, double pivot, float tiny) {
  return HWY_DYNAMIC_DISPATCH(SumFloats)(values.data(), values.size(), pivot,
                                         tiny);
}

BlockSums sum_block(std::span<const double> values, double pivot, double tiny) {
  return HWY_DYNAMIC_DISPATCH(SumDoubles)(values.data(), values.size(), pivot,
                                          tiny);
}

size_t count_zeros(std::span<const float> values) {
  return HWY_DYNAMIC_DISPATCH(CountFloatZeros)(values.data(), values.size());
}

size_t count_zeros(std::span<const double> values) {
  return HWY_DYNAMIC_DISPATCH(CountDoubleZeros)(values.data(), values.size());
}

void floats_from_bfloat16(const std::byte* in, size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(FromBFloat16)(in, count, out);
}
void floats_from_float16(const std::byte* in, size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(FromFloat16)(in, count, out);
}
void floats_from_int8(const std::byte* in, size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(FromInt8)(in, count, out);
}
void floats_from_uint8(const std::byte* in, size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(FromUInt8)(in, count, out);
}
void floats_from_int16(const std::byte* in, size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(FromInt16)(in, count, out);
}
void floats_from_uint16(const std::byte* in, size_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(FromUInt16)(in, count, out);
}

}  // namespace tsinspect
#endif  // HWY_ONCE
