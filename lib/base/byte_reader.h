// Bounds-checked reads over a span of bytes.
//
// This is the only code in the library that turns file bytes into integers or
// sub-spans, so it is the only code that can read out of bounds. Every read
// names what it is reading; the name ends up in the error message.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tsinspect {

class ByteReader {
 public:
  // `base` is the offset of data[0] in the file; it only affects messages.
  explicit ByteReader(std::string_view data, uint64_t base = 0)
      : data_(data), base_(base) {}

  uint64_t offset() const { return base_ + pos_; }
  uint64_t position() const { return pos_; }
  size_t remaining() const { return data_.size() - pos_; }
  std::string_view rest() const { return data_.substr(pos_); }

  // Moves to a position in the data. Throws if it lies behind the end.
  void seek(uint64_t position, const char* what);

  // All of these throw Error(kMalformed) if fewer bytes remain than they need.
  // Integers are little-endian, but for those whose name says otherwise.
  uint8_t u8(const char* what) { return number<uint8_t>(what); }
  uint16_t u16(const char* what) { return number<uint16_t>(what); }
  uint32_t u32(const char* what) { return number<uint32_t>(what); }
  uint64_t u64(const char* what) { return number<uint64_t>(what); }
  uint64_t u64_big_endian(const char* what) {
    return __builtin_bswap64(number<uint64_t>(what));
  }
  // Seven bits a byte, the lowest first; the last byte's top bit is not set.
  uint64_t varint(const char* what);
  std::string_view bytes(uint64_t n, const char* what) {
    if (n > remaining()) fail_short(n, what);
    std::string_view result = data_.substr(pos_, n);
    pos_ += n;
    return result;
  }

  // The bytes before the next '\n', which is skipped.
  std::string_view line(const char* what);

 private:
  static_assert(std::endian::native == std::endian::little,
                "integers are copied as they lie");

  template <typename T>
  T number(const char* what) {
    if (sizeof(T) > remaining()) fail_short(sizeof(T), what);
    T value;
    std::memcpy(&value, data_.data() + pos_, sizeof(T));
    pos_ += sizeof(T);
    return value;
  }
  [[noreturn]] void fail_short(uint64_t n, const char* what) const;

  std::string_view data_;
  uint64_t base_;
  size_t pos_ = 0;
};

}  // namespace tsinspect
