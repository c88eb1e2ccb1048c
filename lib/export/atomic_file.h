// A file that appears under its name whole, or not at all.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tsinspect {

class AtomicFile {
 public:
  // Creates a file of a name of its own in the folder of `path`. Throws
  // Error(kIo), also if `path` exists and `replace` is false, or if it is
  // anything but a regular file.
  AtomicFile(const std::string& path, bool replace);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  // Removes what was not committed.
  ~AtomicFile();

  // Bytes written so far.
  uint64_t position() const { return flushed_ + buffer_.size(); }

  // All of these throw Error(kIo), on a full disk say.
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  // Writes over bytes that were written before.
  void write_over(uint64_t offset, std::string_view text);
  // Where the bytes are until commit(), all of them, to be looked at.
  const std::string& flushed();
  // Gives the file its name. Nothing may be written after it.
  void commit();

 private:
  void write_through(std::span<const std::byte> bytes);
  void flush();
  [[noreturn]] void fail(int error) const;

  std::string path_;       // As the user gave it, for messages.
  std::string target_;     // Where it leads, if it is a link.
  std::string temporary_;  // Empty once it is gone.
  bool replace_;
  int fd_ = -1;
  std::string buffer_;
  uint64_t flushed_ = 0;
};

}  // namespace tsinspect
