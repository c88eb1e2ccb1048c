#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "tsinspect/error.h"

namespace tsinspect {
namespace {

// Closes a descriptor when it goes out of scope.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

[[noreturn]] void fail(const std::string& action, int error) {
  throw Error(ErrorKind::kIo, action + ": " + std::strerror(error));
}

}  // namespace

std::shared_ptr<const File> File::open(const std::string& path) {
  // A pipe without a writer must not hang the open.
  Descriptor in{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (in.fd < 0) fail("cannot open", errno);
  struct stat status;
  if (fstat(in.fd, &status) != 0) fail("cannot read", errno);
  if (S_ISDIR(status.st_mode)) fail("cannot read", EISDIR);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::kIo,
                "not a regular file; models are read in place, so save a pipe "
                "to a file first");
  }
  auto size = static_cast<uint64_t>(status.st_size);
  if (size == 0) return std::make_shared<const File>(path, nullptr, 0);
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, in.fd, 0);
  if (data == MAP_FAILED) fail("cannot map", errno);
  return std::make_shared<const File>(path, static_cast<const char*>(data),
                                      size);
}

File::~File() {
  if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
}

bool stays_inside(std::string_view path) {
  std::filesystem::path parts(path);
  if (path.empty() || parts.is_absolute() ||
      path.find('\0') != std::string_view::npos) {
    return false;
  }
  return std::ranges::none_of(
      parts, [](const std::filesystem::path& part) { return part == ".."; });
}

}  // namespace tsinspect
