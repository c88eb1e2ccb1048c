// What Highway's run-time dispatch asks its library for. The library measures
// the processor's timer before main(), for 4 ms of every start, which is more
// than all the rest of listing a model takes; these two functions are all that
// kernels.cpp needs of it.

#include <hwy/highway.h>

#if HWY_ARCH_X86
#include <cpuid.h>
#endif

namespace hwy {
namespace {

#if HWY_ARCH_X86

bool has_f16c() {
  unsigned eax, ebx, ecx, edx;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_F16C) != 0;
}

// The targets whose instructions the processor and the system have; each is
// compiled with those of the ones before it (hwy/ops/set_macros-inl.h).
int64_t detect_targets() {
  int64_t targets = HWY_SCALAR | HWY_EMU128;
  if (!__builtin_cpu_supports("sse4.1") || !__builtin_cpu_supports("sse4.2") ||
      !__builtin_cpu_supports("pclmul") || !__builtin_cpu_supports("aes")) {
    return targets;
  }
  targets |= HWY_SSE4;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
      !__builtin_cpu_supports("bmi") || !__builtin_cpu_supports("bmi2") ||
      !has_f16c()) {
    return targets;
  }
  targets |= HWY_AVX2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw")) {
    targets |= HWY_AVX3;
  }
  return targets;
}

#else

int64_t detect_targets() { return HWY_STATIC_TARGET; }

#endif

}  // namespace

int64_t SupportedTargets() {
  static const int64_t kTargets = detect_targets();
  return kTargets;
}

ChosenTarget& GetChosenTarget() {
  static ChosenTarget chosen;
  return chosen;
}

}  // namespace hwy
