#include "analysis/diff_content.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "analysis/diff_decode.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

constexpr uint64_t kPieceBytes = uint64_t{1} << 20;

// Looks for an element that is not like the first one, piece by piece.
class ConstantCheck {
 public:
  explicit ConstantCheck(size_t item_bytes) : item_bytes_(item_bytes) {}

  void see(std::span<const std::byte> piece) {
    if (!is_constant_) return;
    if (first_.empty()) {
      first_.assign(piece.begin(), piece.begin() + item_bytes_);
    }
    is_constant_ = std::equal(first_.begin(), first_.end(), piece.begin()) &&
                   std::memcmp(piece.data(), piece.data() + item_bytes_,
                               piece.size() - item_bytes_) == 0;
  }

  bool is_constant() const { return is_constant_; }

 private:
  size_t item_bytes_;
  std::vector<std::byte> first_;
  bool is_constant_ = true;
};

size_t item_bytes(const Tensor& tensor) {
  return std::max<size_t>(tensor.element_bits() / 8, 1);
}

}  // namespace

ContentHash content_hash(const Model& model, const Tensor& tensor,
                         const Limits& limits) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  ConstantCheck check(item_bytes(tensor));
  read_values(
      model, tensor,
      [&](std::span<const std::byte> bytes) {
        check.see(bytes);
        XXH3_128bits_update(&state, bytes.data(), bytes.size());
      },
      limits);
  XXH128_hash_t hash = XXH3_128bits_digest(&state);
  return {hash.low64, hash.high64, check.is_constant()};
}

uint64_t hash_bytes(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

bool equal_contents(const Model& model_a, const Tensor& tensor_a,
                    const Model& model_b, const Tensor& tensor_b,
                    const Limits& limits) {
  if (!same_encoding(tensor_a, tensor_b)) return false;
  ValueReader a(model_a, tensor_a, limits), b(model_b, tensor_b, limits);
  size_t item = item_bytes(tensor_a);
  uint64_t piece = std::max(kPieceBytes / item, uint64_t{1}) * item;
  std::vector<std::byte> buffer_a, buffer_b;
  bool equal = true;
  for (uint64_t at = 0; equal && at < a.size_bytes(); at += piece) {
    uint64_t size = std::min(piece, a.size_bytes() - at);
    auto view_a = a.read(at, size, &buffer_a);
    auto view_b = b.read(at, size, &buffer_b);
    equal = std::memcmp(view_a.data(), view_b.data(), size) == 0;
    a.release(view_a);
    b.release(view_b);
  }
  return equal;
}

}  // namespace tsinspect
