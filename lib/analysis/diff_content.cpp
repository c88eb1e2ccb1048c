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
constexpr uint64_t kFirstBytes = 4096;

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

// Spreads an element's bits over all of a word's.
uint64_t mixed(uint64_t bits) {
  bits = (bits + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
  bits ^= bits >> 32;
  bits *= 0x94d049bb133111eb;
  return bits ^ bits >> 29;
}

struct Sums {
  uint64_t low = 0;
  uint64_t high = 0;

  void add(uint64_t value) {
    low += value;
    high += value * (value >> 31 | 1);
  }
};

template <typename T>
void add_elements(std::span<const std::byte> bytes, Sums* sums) {
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T element;
    std::memcpy(&element, bytes.data() + at, sizeof element);
    sums->add(mixed(element));
  }
}

void add_elements(std::span<const std::byte> bytes, size_t item, Sums* sums) {
  switch (item) {
    case 1:
      return add_elements<uint8_t>(bytes, sums);
    case 2:
      return add_elements<uint16_t>(bytes, sums);
    case 4:
      return add_elements<uint32_t>(bytes, sums);
    case 8:
      return add_elements<uint64_t>(bytes, sums);
    default:
      for (size_t at = 0; at + item <= bytes.size(); at += item) {
        sums->add(hash_bytes(bytes.subspan(at, item)));
      }
  }
}

}  // namespace

ContentHash element_hash(const Model& model, const Tensor& tensor,
                         const Limits& limits) {
  size_t item = item_bytes(tensor);
  ConstantCheck check(item);
  Sums sums;
  read_values(
      model, tensor,
      [&](std::span<const std::byte> bytes) {
        check.see(bytes);
        add_elements(bytes, item, &sums);
      },
      limits);
  return {sums.low, sums.high, check.is_constant()};
}

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
  if (tensor_a.size_bytes() != tensor_b.size_bytes()) return false;  // Texts.
  ValueReader a(model_a, tensor_a, limits), b(model_b, tensor_b, limits);
  size_t item = item_bytes(tensor_a);
  uint64_t piece = std::max(kPieceBytes / item, uint64_t{1}) * item;
  std::vector<std::byte> buffer_a, buffer_b;
  bool equal = true;
  // Most that differ do so soon.
  uint64_t size = std::max(kFirstBytes / item, uint64_t{1}) * item;
  for (uint64_t at = 0; equal && at < a.size_bytes(); at += size) {
    size = at == 0 ? size : piece;
    size = std::min(size, a.size_bytes() - at);
    auto view_a = a.read(at, size, &buffer_a);
    auto view_b = b.read(at, size, &buffer_b);
    equal = std::memcmp(view_a.data(), view_b.data(), size) == 0;
    a.release(view_a);
    b.release(view_b);
  }
  return equal;
}

}  // namespace tsinspect
