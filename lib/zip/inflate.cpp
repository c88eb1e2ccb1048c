// The payloads of zip records: stored ones as they lie, deflated ones through
// zlib.

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "base/printable.h"
#include "zip/zip.h"

namespace tsinspect {
namespace {

constexpr uint16_t kStored = 0;
constexpr uint16_t kDeflated = 8;
constexpr size_t kPieceSize = size_t{256} << 10;
constexpr size_t kMaxAvail = size_t{1} << 30;  // zlib counts in 32 bits.

[[noreturn]] void fail(ErrorKind kind, const Record& record,
                       const std::string& message) {
  throw Error(kind, fmt::format("record {}: {}", quoted(record.name), message),
              record.offset);
}

void check_readable(const Record& record) {
  if (record.encrypted) fail(ErrorKind::kUnsupported, record, "encrypted");
  if (record.method != kStored && record.method != kDeflated) {
    fail(ErrorKind::kUnsupported, record,
         fmt::format("zip compression method {}", record.method));
  }
  if (record.method == kStored && record.stored_bytes != record.size_bytes) {
    fail(ErrorKind::kMalformed, record,
         fmt::format("stored in {} bytes but {} long", record.stored_bytes,
                     record.size_bytes));
  }
}

void check_limits(const Record& record, const Limits& limits) {
  if (record.size_bytes <= limits.inflated_bytes &&
      record.size_bytes / limits.inflated_ratio <= record.stored_bytes) {
    return;
  }
  fail(ErrorKind::kLimit, record,
       fmt::format("{} bytes inflate to {}", record.stored_bytes,
                   record.size_bytes));
}

// One raw deflate stream, inflated piece by piece.
class Inflater {
 public:
  Inflater(std::string_view input, const Record& record)
      : record_(record), input_(input) {
    if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  // Fills `out` as far as the stream goes; returns the bytes written.
  size_t read(char* out, size_t size) {
    size_t written = 0;
    while (written < size && !ended_) {
      refill();
      stream_.next_out = reinterpret_cast<Bytef*>(out + written);
      stream_.avail_out =
          static_cast<uInt>(std::min(size - written, kMaxAvail));
      uInt before = stream_.avail_out;
      int status = inflate(&stream_, Z_NO_FLUSH);
      size_t step = before - stream_.avail_out;
      written += step;
      if (status == Z_STREAM_END) {
        ended_ = true;
      } else if (status != Z_OK ||
                 (step == 0 && stream_.avail_in == 0 && input_.empty())) {
        fail(ErrorKind::kMalformed, record_,
             fmt::format("damaged deflate stream after {} bytes",
                         stream_.total_out));
      }
    }
    return written;
  }

 private:
  void refill() {
    if (stream_.avail_in != 0) return;
    size_t size = std::min(input_.size(), kMaxAvail);
    stream_.next_in =
        reinterpret_cast<Bytef*>(const_cast<char*>(input_.data()));
    stream_.avail_in = static_cast<uInt>(size);
    input_.remove_prefix(size);
  }

  const Record& record_;
  std::string_view input_;
  z_stream stream_ = {};
  bool ended_ = false;
};

[[noreturn]] void fail_length(const Record& record) {
  fail(ErrorKind::kMalformed, record,
       fmt::format("does not inflate to the {} bytes the directory says",
                   record.size_bytes));
}

}  // namespace

std::string_view inflated_bytes(std::string_view file, const Record& record,
                                const Limits& limits,
                                std::shared_ptr<const std::string>* owner) {
  check_readable(record);
  std::string_view stored = stored_bytes(file, record);
  if (record.method == kStored) return stored;
  check_limits(record, limits);
  // One byte more than is due shows a stream that goes on.
  auto out = std::make_shared<std::string>(record.size_bytes + 1, '\0');
  if (Inflater(stored, record).read(out->data(), out->size()) !=
      record.size_bytes) {
    fail_length(record);
  }
  out->pop_back();
  *owner = out;
  return *out;
}

std::string inflated_prefix(std::string_view file, const Record& record,
                            size_t max_bytes) {
  check_readable(record);
  std::string_view stored = stored_bytes(file, record);
  size_t size = std::min<uint64_t>(record.size_bytes, max_bytes);
  if (record.method == kStored) return std::string(stored.substr(0, size));
  std::string out(size, '\0');
  if (Inflater(stored, record).read(out.data(), size) != size) {
    fail_length(record);
  }
  return out;
}

uint32_t zip_crc32(std::string_view file, const Record& record,
                   const Limits& limits) {
  check_readable(record);
  std::string_view stored = stored_bytes(file, record);
  uLong crc = crc32_z(0, nullptr, 0);
  auto add = [&](const char* data, size_t size) {
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(data), size);
  };
  if (record.method == kStored) {
    add(stored.data(), stored.size());
    return static_cast<uint32_t>(crc);
  }
  check_limits(record, limits);
  Inflater inflater(stored, record);
  std::string piece(kPieceSize, '\0');
  uint64_t total = 0;
  while (size_t size = inflater.read(piece.data(), piece.size())) {
    total += size;
    if (total > record.size_bytes) fail_length(record);
    add(piece.data(), size);
  }
  if (total != record.size_bytes) fail_length(record);
  return static_cast<uint32_t>(crc);
}

}  // namespace tsinspect
