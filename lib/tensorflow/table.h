// Sorted string tables: leveldb's, as TensorFlow's checkpoints have them.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tsinspect/limits.h"

namespace tsinspect::tensorflow {

struct TableEntry {
  std::string_view key;
  std::string_view value;
};

struct Table {
  std::vector<TableEntry> entries;  // By key, ascending.
  // What the entries view, where that is not the file.
  std::vector<std::shared_ptr<const std::string>> owned;

  // The entry of that key; null if there is none.
  const TableEntry* find(std::string_view key) const;
};

// Whether a file ends as a table does. Never throws.
bool looks_like_table(std::string_view file);

// Reads all of a table. Throws Error: kMalformed, also where a block's checksum
// is not that of its bytes; kLimit where keys and blocks would take more memory
// than the limits allow.
Table read_table(std::string_view file, const Limits& limits);

}  // namespace tsinspect::tensorflow
