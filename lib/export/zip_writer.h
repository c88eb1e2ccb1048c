// Writes a zip of stored records.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "export/atomic_file.h"

namespace tsinspect {

class ZipWriter {
 public:
  explicit ZipWriter(AtomicFile* file) : file_(*file) {}

  // A record's bytes go between begin() and end(), exactly `size_bytes` of
  // them. They begin at a multiple of 64 in the file, as PyTorch has them, so
  // that they can be used where they lie in a mapped file. At most 65,535 bytes
  // of name.
  void begin(std::string name, uint64_t size_bytes);
  void write(std::span<const std::byte> bytes);
  void end();

  // A whole record.
  void add(std::string name, std::string_view bytes);

  // Writes the directory.
  void finish();

 private:
  struct Entry {
    std::string name;
    uint64_t offset;  // Of the local header.
    uint64_t size_bytes;
    uint32_t crc32 = 0;
  };

  AtomicFile& file_;
  std::vector<Entry> entries_;
};

}  // namespace tsinspect
