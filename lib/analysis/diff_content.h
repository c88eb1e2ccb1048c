// What tensors contain, whatever they are called.

#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

#include "tsinspect/model.h"

namespace tsinspect {

// XXH3-128 of the contiguous little-endian bytes.
struct ContentHash {
  uint64_t low, high;
  // All elements have the same bytes: says little about what a tensor is.
  bool is_constant;
  auto operator<=>(const ContentHash&) const = default;
};

ContentHash content_hash(const Model& model, const Tensor& tensor,
                         const Limits& limits);

// The same for all orders of the same elements: sums over what each element's
// bytes are mixed to. Only for numbers of whole bytes.
ContentHash element_hash(const Model& model, const Tensor& tensor,
                         const Limits& limits);

// XXH3-64 of a run of bytes.
uint64_t hash_bytes(std::span<const std::byte> bytes);

// True if two tensors of one dtype and shape have the same bytes, and these
// stand for the same values. Throws Error, as does content_hash().
bool equal_contents(const Model& model_a, const Tensor& a, const Model& model_b,
                    const Tensor& b, const Limits& limits);

}  // namespace tsinspect
