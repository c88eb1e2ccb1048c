// Repeated fields of protobuf messages that are a tensor's elements.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tsinspect/model.h"

namespace tsinspect {

// The items of a message's repeated field, `size_bytes` of them decoded as
// EncodedField says. Throws Error(kMalformed) if they are more or fewer.
std::string decode_field(std::string_view message, const EncodedField& field,
                         uint64_t size_bytes);

// How many items of the field the message has. Throws Error(kMalformed).
uint64_t count_items(std::string_view message, const EncodedField& field);

}  // namespace tsinspect
