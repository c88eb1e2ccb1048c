// Tells one protobuf message from another.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tsinspect {

struct ProtobufField {
  static constexpr uint8_t kAbsent = 0xff;

  uint8_t wire_type = kAbsent;
  std::string_view bytes;  // Of wire type 2; may be cut off.

  bool is_varint() const { return wire_type == 0; }
  bool is_bytes() const { return wire_type == 2; }
  bool is_absent() const { return wire_type == kAbsent; }
};

// By field number, up to 31.
using ProtobufFields = std::array<ProtobufField, 32>;

// The first occurrence of each field at the top level of a message; all absent
// where the data is no such message, or has other fields. Only the first 10,000
// fields are looked at. A message cut off in its last field still counts. Never
// throws.
ProtobufFields protobuf_fields(std::string_view message);

}  // namespace tsinspect
