#include "base/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace tsinspect {
namespace {

constexpr uintptr_t kHugePage = uintptr_t{2} << 20;

// Smaller tables cost little, and half of a huge page would be wasted.
constexpr size_t kWorthwhile = 4 * kHugePage;

}  // namespace

void advise_huge_pages(const void* data, size_t size_bytes) {
  if (size_bytes < kWorthwhile) return;
  auto begin = reinterpret_cast<uintptr_t>(data);
  uintptr_t first = (begin + kHugePage - 1) & ~(kHugePage - 1);
  uintptr_t last = (begin + size_bytes) & ~(kHugePage - 1);
  // Where the system has no huge pages it says so, and all works without.
  static_cast<void>(
      madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE));
}

}  // namespace tsinspect
