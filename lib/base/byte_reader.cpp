#include "base/byte_reader.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "tsinspect/error.h"

namespace tsinspect {

static_assert(std::endian::native == std::endian::little,
              "integers are copied as they lie");

void ByteReader::fail_short(uint64_t n, const char* what) const {
  throw Error(ErrorKind::kMalformed,
              fmt::format("unable to read {}: need {} byte{}, {} remain", what,
                          n, n == 1 ? "" : "s", remaining()),
              offset());
}

void ByteReader::seek(uint64_t position, const char* what) {
  if (position > data_.size()) {
    throw Error(ErrorKind::kMalformed,
                fmt::format("unable to find {}: it lies behind the end, at {}",
                            what, base_ + data_.size()),
                base_ + position);
  }
  pos_ = position;
}

std::string_view ByteReader::bytes(uint64_t n, const char* what) {
  if (n > remaining()) fail_short(n, what);
  std::string_view result = data_.substr(pos_, n);
  pos_ += n;
  return result;
}

template <typename T>
T ByteReader::number(const char* what) {
  if (sizeof(T) > remaining()) fail_short(sizeof(T), what);
  T value;
  std::memcpy(&value, data_.data() + pos_, sizeof(T));
  pos_ += sizeof(T);
  return value;
}

uint8_t ByteReader::u8(const char* what) { return number<uint8_t>(what); }

uint16_t ByteReader::u16(const char* what) { return number<uint16_t>(what); }

uint32_t ByteReader::u32(const char* what) { return number<uint32_t>(what); }

uint64_t ByteReader::u64(const char* what) { return number<uint64_t>(what); }

uint64_t ByteReader::u64_big_endian(const char* what) {
  return __builtin_bswap64(number<uint64_t>(what));
}

std::string_view ByteReader::line(const char* what) {
  size_t end = data_.find('\n', pos_);
  if (end == std::string_view::npos) {
    throw Error(ErrorKind::kMalformed,
                fmt::format("unable to read {}: no end of line", what),
                offset());
  }
  std::string_view result = data_.substr(pos_, end - pos_);
  pos_ = end + 1;
  return result;
}

}  // namespace tsinspect
