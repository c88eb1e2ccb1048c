// Tables as TensorFlow's checkpoints have them, written byte by byte.

#pragma once

#include <snappy.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/crc32c.h"

namespace tsinspect {

inline std::string u32(uint32_t value) {
  std::string text;
  for (int i = 0; i < 4; ++i) text += static_cast<char>(value >> 8 * i);
  return text;
}

inline std::string varint(uint64_t value) {
  std::string text;
  for (; value >= 0x80; value >>= 7) text += static_cast<char>(value | 0x80);
  text += static_cast<char>(value);
  return text;
}

inline uint32_t masked_crc32c_of(std::string_view bytes) {
  return masked_crc32c(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

// An entry whose key has its first `shared` bytes from the one before it.
inline std::string table_entry(std::string_view key, std::string_view value,
                               uint64_t shared = 0) {
  return varint(shared) + varint(key.size()) + varint(value.size()) +
         std::string(key) + std::string(value);
}

// A block: entries and one restart point.
inline std::string table_block(std::string_view entries) {
  return std::string(entries) + u32(0) + u32(1);
}

class TableBuilder {
 public:
  // Appends a block with its trailer; its handle.
  std::string add(std::string_view block, char type = 0) {
    std::string bytes(block);
    if (type == 1) {
      std::string packed;
      snappy::Compress(bytes.data(), bytes.size(), &packed);
      bytes = packed;
    }
    return add_raw(bytes, type);
  }

  // The same for bytes that are as the type says, or are not.
  std::string add_raw(std::string bytes, char type) {
    std::string handle = varint(text_.size()) + varint(bytes.size());
    bytes += type;
    text_ += bytes + u32(masked_crc32c_of(bytes));
    return handle;
  }

  // The table, once `handles` are in its index under keys that come last.
  std::string finish(const std::vector<std::string>& handles) {
    std::string meta = add(u32(0) + u32(1));
    std::string entries;
    for (size_t i = 0; i < handles.size(); ++i) {
      entries += table_entry("\xff" + std::string(i + 1, '\xff'), handles[i]);
    }
    return finish_with(meta + add(table_block(entries)));
  }

  // The table with a footer of these two handles.
  std::string finish_with(std::string footer) {
    footer.resize(40);
    return text_ + footer + "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
  }

 private:
  std::string text_;
};

using TableRows = std::vector<std::pair<std::string, std::string>>;

// A table of one block with these rows.
inline std::string table_of(const TableRows& rows, char type = 0) {
  std::string entries;
  for (const auto& [key, value] : rows) entries += table_entry(key, value);
  TableBuilder table;
  std::string handle = table.add(table_block(entries), type);
  return table.finish({handle});
}

}  // namespace tsinspect
