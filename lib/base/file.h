// A file mapped into memory, read-only.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tsinspect {

class File {
 public:
  // Maps the regular file at `path`. Throws Error(kIo).
  static std::shared_ptr<const File> open(const std::string& path);

  File(std::string path, const char* data, uint64_t size)
      : path_(std::move(path)), data_(data), size_(size) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();

  const std::string& path() const { return path_; }
  std::string_view data() const { return {data_, size_}; }
  uint64_t size() const { return size_; }

 private:
  std::string path_;
  const char* data_;
  uint64_t size_;
};

// Whether a path that a file gives, from the folder it lies in, stays in that
// folder: it is relative and has no "..". Where symlinks lead it does not tell.
bool stays_inside(std::string_view path);

}  // namespace tsinspect
