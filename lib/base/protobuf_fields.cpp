#include "base/protobuf_fields.h"

#include <algorithm>
#include <optional>

namespace tsinspect {
namespace {

constexpr int kMaxFields = 10000;

std::optional<uint64_t> take_varint(std::string_view* data) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !data->empty(); shift += 7) {
    auto byte = static_cast<uint8_t>(data->front());
    data->remove_prefix(1);
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

// Bytes of a field's content that follow; empty if the wire type is unknown.
std::optional<uint64_t> take_length(uint8_t wire_type, std::string_view* data) {
  switch (wire_type) {
    case 0:
      if (!take_varint(data)) return std::nullopt;
      return 0;
    case 1:
      return 8;
    case 2:
      return take_varint(data);
    case 5:
      return 4;
    default:
      return std::nullopt;
  }
}

}  // namespace

ProtobufFields protobuf_fields(std::string_view message) {
  ProtobufFields fields;
  for (int i = 0; i < kMaxFields && !message.empty(); ++i) {
    auto tag = take_varint(&message);
    if (!tag || *tag >> 3 == 0 || *tag >> 3 >= fields.size()) return {};
    auto wire_type = static_cast<uint8_t>(*tag & 7);
    auto length = take_length(wire_type, &message);
    if (!length) return {};
    ProtobufField& field = fields[*tag >> 3];
    if (field.is_absent()) field = {wire_type, message.substr(0, *length)};
    message.remove_prefix(std::min<uint64_t>(*length, message.size()));
  }
  return fields;
}

}  // namespace tsinspect
