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

}  // namespace tsinspect
