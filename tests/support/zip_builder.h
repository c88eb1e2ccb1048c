// Builds zip files record by record, honest ones and ones that lie.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tsinspect {

// One record. The fields that may be absent are what the headers say; where
// they are, the headers say the truth.
struct ZipRecord {
  std::string name;
  std::string data;          // Once inflated.
  uint16_t method = 0;       // 8: `data` is deflated.
  std::string padding = {};  // Extra field of the local header.
  uint16_t flags = 0;
  std::optional<uint32_t> crc32 = {};
  std::optional<uint64_t> size_bytes = {};
  std::optional<uint64_t> stored_bytes = {};
  std::optional<uint64_t> offset = {};  // In the central header.
  std::optional<std::string> local_name = {};
};

// What stands around the records.
struct ZipLayout {
  std::string prefix = {};  // Bytes before the archive, which offsets ignore.
  std::string comment = {};
  bool zip64 = false;  // All sizes and offsets stand in zip64's fields.
};

// Raw deflate, as records have it.
std::string deflated(const std::string& data);

std::string build_zip(const std::vector<ZipRecord>& records,
                      const ZipLayout& layout = {});

}  // namespace tsinspect
