#include "base/release_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>

namespace tsinspect {
namespace {

// Linux maps the pages around one that is touched, too, in aligned windows of
// this size, unless told otherwise. Releasing less leaves most of a window.
constexpr uintptr_t kWindowBytes = uintptr_t{64} << 10;

uintptr_t address(const void* pointer) {
  return reinterpret_cast<uintptr_t>(pointer);
}

}  // namespace

void release_pages(std::string_view mapping, std::span<const std::byte> view) {
  uintptr_t first = address(mapping.data());
  uintptr_t last = first + mapping.size();
  uintptr_t begin = address(view.data());
  uintptr_t end = begin + view.size();
  if (mapping.empty() || begin < first || end > last) return;
  // One window back, for those that ended in a gap between two views.
  begin = begin / kWindowBytes * kWindowBytes;
  begin = std::max(first, begin - std::min(begin, kWindowBytes));
  end = end / kWindowBytes * kWindowBytes;
  if (begin >= end) return;
  // Refused, it would change nothing but the memory that is used.
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace tsinspect
