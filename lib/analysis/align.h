// The longest common subsequence of two sequences.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace tsinspect {

// What is equal in two sequences, as places in A and in B, both ascending: as
// much as there can be. Takes the steps that this needs from *budget; where it
// has not as many, the result is empty.
std::optional<std::vector<std::pair<uint32_t, uint32_t>>> align(
    std::span<const uint32_t> a, std::span<const uint32_t> b, uint64_t* budget);

}  // namespace tsinspect
