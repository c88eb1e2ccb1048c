// The one exception type of the library.

#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace tsinspect {

// What stopped the work, in the caller's terms.
enum class ErrorKind : uint8_t {
  kIo,           // The operating system refused (missing file, full disk).
  kUnsupported,  // A valid file, or a part of one, this version does not read.
  kMalformed,    // The bytes contradict the format.
  kLimit,        // Going on would exceed Limits (a decompression bomb, say).
  kNotFound,     // The file was read but has no tensor or object of that name.
  kRefused,      // Executing the file could reach outside of the process.
  kFailed,       // The model's own code, or LibTorch running it, failed.
};

// "i/o error", "unsupported", "malformed", "limit exceeded", "not found",
// "refused", "failed".
const char* to_string(ErrorKind kind);

// The only exception that leaves this library. It means "cannot continue"; a
// problem that does not stop the work is a Finding (model.h) instead.
class Error : public std::runtime_error {
 public:
  static constexpr uint64_t kNoOffset = UINT64_MAX;

  // `offset` is put before the message, in hexadecimal.
  Error(ErrorKind kind, const std::string& message,
        uint64_t offset = kNoOffset);

  ErrorKind kind() const { return kind_; }

  // Offset in bytes of what could not be read, in the file, or, where the
  // message names a record, in that record once inflated. kNoOffset if none.
  uint64_t offset() const { return offset_; }

 private:
  ErrorKind kind_;
  uint64_t offset_;
};

}  // namespace tsinspect
