#include "base/byte_reader.h"

#include <fmt/format.h>

#include "tsinspect/error.h"

namespace tsinspect {

void ByteReader::fail_short(uint64_t n, const char* what) const {
  throw Error(ErrorKind::kMalformed,
              fmt::format("unable to read {}: need {} byte{}, {} remain", what,
                          n, n == 1 ? "" : "s", remaining()),
              offset());
}

uint64_t ByteReader::varint(const char* what) {
  uint64_t begin = offset();
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    uint8_t byte = u8(what);
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  throw Error(ErrorKind::kMalformed,
              fmt::format("{} is no varint: it has more than 10 bytes", what),
              begin);
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
