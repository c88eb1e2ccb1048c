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
