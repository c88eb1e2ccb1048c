// Files of the simpler formats, built byte by byte.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tsinspect {

// `value` in `n` bytes, little-endian.
inline std::string little_endian(uint64_t value, size_t n) {
  std::string out;
  for (size_t i = 0; i < n; ++i) out += static_cast<char>(value >> 8 * i);
  return out;
}

inline std::string safetensors_of(std::string_view header,
                                  std::string_view data) {
  return little_endian(header.size(), 8).append(header).append(data);
}

// A safetensors file of one tensor of four bytes.
inline std::string safetensors_with(std::string_view name) {
  return safetensors_of(
      std::string("{\"").append(name) +
          R"(": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})",
      "abcd");
}

inline std::string npy_of(std::string_view header, std::string_view data) {
  std::string out = "\x93NUMPY\x01";
  out += '\0';
  return out.append(little_endian(header.size(), 2))
      .append(header)
      .append(data);
}

inline std::string npy_header(std::string_view descr, std::string_view order,
                              std::string_view shape) {
  return std::string("{'descr': ")
      .append(descr)
      .append(", 'fortran_order': ")
      .append(order)
      .append(", 'shape': ")
      .append(shape)
      .append(", }\n");
}

// A zip of stored records. Checksums are left out: no listing reads them.
inline std::string zip_of(
    const std::vector<std::pair<std::string, std::string>>& records) {
  std::string file, directory;
  for (const auto& [name, data] : records) {
    std::string sizes =
        little_endian(data.size(), 4).append(little_endian(data.size(), 4)) +
        little_endian(name.size(), 2) + little_endian(0, 2);
    // Version, flags, method; time and date; checksum.
    std::string common = little_endian(20, 2) + std::string(12, '\0') + sizes;
    directory += "PK\1\2" + little_endian(20, 2) + common +
                 std::string(10, '\0') + little_endian(file.size(), 4) + name;
    file += "PK\3\4" + common + name + data;
  }
  std::string count = little_endian(records.size(), 2);
  return file + directory + "PK\5\6" + std::string(4, '\0') + count + count +
         little_endian(directory.size(), 4) + little_endian(file.size(), 4) +
         std::string(2, '\0');
}

}  // namespace tsinspect
