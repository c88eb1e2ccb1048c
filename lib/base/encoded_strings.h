// Strings that lie with all their lengths before them.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tsinspect/model.h"

namespace tsinspect {

// The strings of a kLengthsFirst field's content, decoded: of each its length,
// 64 bits, and its bytes. Throws Error(kMalformed) if they are not as many
// bytes, or the content has more or fewer.
std::string decode_lengths_first(std::string_view content,
                                 const EncodedField& field,
                                 uint64_t size_bytes);

// How many bytes they are decoded. Reads only the lengths. Throws
// Error(kMalformed).
uint64_t lengths_first_bytes(std::string_view content,
                             const EncodedField& field);

// The masked CRC-32C that TensorFlow notes of a variable's strings, which lie
// with a checksum behind their lengths: of each length as a number of 32 bits,
// or 64 if it needs them, and then of all that follows the lengths. How many
// strings there are follows from the bytes. Throws Error(kMalformed).
uint32_t strings_masked_crc32c(std::string_view content);

}  // namespace tsinspect
