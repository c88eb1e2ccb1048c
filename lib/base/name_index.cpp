#include "base/name_index.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>
#include <random>

namespace tsinspect {
namespace {

uint64_t process_seed() {
  static const uint64_t kSeed = [] {
    std::random_device device;
    return uint64_t{device()} << 32 | device();
  }();
  return kSeed;
}

}  // namespace

NameIndex::NameIndex(size_t rows)
    : slots_(std::bit_ceil(2 * rows + 2), kNone),
      mask_(slots_.size() - 1),
      seed_(process_seed()) {}

uint64_t NameIndex::hash(std::string_view name) const {
  return XXH3_64bits_withSeed(name.data(), name.size(), seed_);
}

}  // namespace tsinspect
