// The index of a model in several files, taken apart but not yet believed.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tsinspect {

struct ShardIndex {
  struct Shard {
    std::string_view name;      // Relative to the index.
    uint64_t tensor_count = 0;  // How many tensors the index puts there.
  };
  struct Row {
    std::string_view name;  // Of a tensor; may repeat.
    uint32_t shard;         // Index into `shards`.
  };

  std::vector<Shard> shards;          // In the order they are first named.
  std::vector<Row> rows;              // In the index's order.
  std::optional<int64_t> total_size;  // metadata.total_size, bytes.
  // Text with escapes in the index, unescaped; views above point into it.
  std::vector<std::shared_ptr<const std::string>> owned;
};

// Parses an index's text, which must outlive the result. Throws Error.
ShardIndex parse_shard_index(std::string_view text);

}  // namespace tsinspect
