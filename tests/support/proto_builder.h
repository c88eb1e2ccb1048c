// Protobuf messages written field by field.

#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace tsinspect {

class ProtoBuilder {
 public:
  ProtoBuilder& varint(uint32_t field, uint64_t value) {
    return put(uint64_t{field} << 3).put(value);
  }
  ProtoBuilder& bytes(uint32_t field, std::string_view value) {
    put(uint64_t{field} << 3 | 2).put(value.size());
    text_ += value;
    return *this;
  }
  ProtoBuilder& message(uint32_t field, const ProtoBuilder& value) {
    return bytes(field, value.text_);
  }
  ProtoBuilder& fixed32(uint32_t field, float value) {
    put(uint64_t{field} << 3 | 5);
    auto bits = std::bit_cast<uint32_t>(value);
    for (int i = 0; i < 4; ++i) text_ += static_cast<char>(bits >> 8 * i);
    return *this;
  }

  const std::string& text() const { return text_; }

 private:
  ProtoBuilder& put(uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      text_ += static_cast<char>(value | 0x80);
    }
    text_ += static_cast<char>(value);
    return *this;
  }

  std::string text_;
};

}  // namespace tsinspect
