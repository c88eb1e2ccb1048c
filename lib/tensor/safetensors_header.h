// The JSON header of a safetensors file, taken apart but not yet believed.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tsinspect {

// What the header says of one tensor.
struct SafetensorsEntry {
  std::string_view name;
  std::string_view dtype;  // "F32"
  std::vector<int64_t> shape;
  // Where its bytes begin and end, counted from the end of the header.
  std::array<uint64_t, 2> offsets = {};
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // In the header's order.
  // `__metadata__`, in order.
  std::vector<std::pair<std::string_view, std::string_view>> metadata;
  bool has_metadata = false;
  // Text with escapes in the header, unescaped; views above point into it.
  std::vector<std::shared_ptr<const std::string>> owned;
};

// Parses the header's text, which must outlive the result. `base` is its offset
// in the file, `readable_behind` as for read_json. Every entry has its three
// fields, of the right types; names may repeat. Throws Error.
SafetensorsHeader parse_safetensors_header(std::string_view text, uint64_t base,
                                           uint64_t readable_behind = 0);

}  // namespace tsinspect
