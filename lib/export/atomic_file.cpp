#include "export/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/printable.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

constexpr size_t kBufferBytes = size_t{256} << 10;
constexpr int kMaxAttempts = 100;

[[noreturn]] void refuse(const std::string& path, const char* problem) {
  throw Error(ErrorKind::kIo, fmt::format("cannot write {}: {}",
                                          tsinspect::quoted(path), problem));
}

// Refuses what must not be replaced.
void check_target(const std::string& path, bool replace) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) return;  // Creating it tells why.
  if (S_ISLNK(status.st_mode) && stat(path.c_str(), &status) != 0) {
    refuse(path, "it is a link that leads nowhere");
  }
  if (S_ISDIR(status.st_mode)) refuse(path, "it is a folder");
  if (!S_ISREG(status.st_mode)) refuse(path, "it is not a regular file");
  if (!replace) refuse(path, "it exists already; --force replaces it");
}

// The file that a path leads to, so that a link to it stays one.
std::string resolve(const std::string& path) {
  std::error_code error;
  auto target = std::filesystem::canonical(path, error);
  return error ? path : target.string();
}

// Renames without replacing; false, with errno, if it cannot.
bool rename_new(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                RENAME_NOREPLACE) == 0) {
    return true;
  }
  if (errno != EINVAL && errno != ENOSYS) return false;
  // A file system that cannot do that: a link never replaces either.
  if (link(from.c_str(), to.c_str()) != 0) return false;
  unlink(from.c_str());
  return true;
}

// Where bytes of a mapped file are not in memory yet, the system's copying of
// them stops at each page, and begins anew. Only a hint.
void map_pages(std::span<const std::byte> bytes) {
#ifdef MADV_POPULATE_READ
  static const auto kPage = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  auto begin = reinterpret_cast<uintptr_t>(bytes.data());
  auto end = begin + bytes.size();
  begin -= begin % kPage;
  if (end - begin > kPage) {
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_POPULATE_READ);
  }
#else
  (void)bytes;
#endif
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path, bool replace)
    : path_(path), replace_(replace) {
  check_target(path, replace);
  target_ = resolve(path);
  std::string folder = std::filesystem::path(target_).parent_path();
  if (!folder.empty()) folder += '/';
  for (int i = 0; fd_ < 0 && i < kMaxAttempts; ++i) {
    temporary_ = fmt::format("{}.tsinspect-{}-{}.tmp", folder, getpid(), i);
    fd_ =
        open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ < 0 && errno != EEXIST) break;
  }
  if (fd_ < 0) fail(errno);
  buffer_.reserve(kBufferBytes);
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  close(fd_);
  unlink(temporary_.c_str());
}

void AtomicFile::fail(int error) const {
  throw Error(ErrorKind::kIo,
              fmt::format("cannot write {}: {}", tsinspect::quoted(path_),
                          std::strerror(error)));
}

void AtomicFile::write_through(std::span<const std::byte> bytes) {
  map_pages(bytes);
  while (!bytes.empty()) {
    ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
    flushed_ += static_cast<uint64_t>(written);
  }
}

void AtomicFile::flush() {
  write_through(std::as_bytes(std::span(buffer_)));
  buffer_.clear();
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  if (buffer_.size() + bytes.size() > kBufferBytes) flush();
  if (bytes.size() >= kBufferBytes) return write_through(bytes);
  buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void AtomicFile::write(std::string_view text) {
  write(std::as_bytes(std::span(text)));
}

void AtomicFile::write_over(uint64_t offset, std::string_view text) {
  if (offset >= flushed_) {
    buffer_.replace(offset - flushed_, text.size(), text);
    return;
  }
  if (offset + text.size() > flushed_) flush();
  while (!text.empty()) {
    ssize_t written =
        pwrite(fd_, text.data(), text.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(errno);
    text.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
}

const std::string& AtomicFile::flushed() {
  flush();
  return temporary_;
}

void AtomicFile::commit() {
  flush();
  int fd = std::exchange(fd_, -1);
  bool done = close(fd) == 0 &&
              (replace_ ? rename(temporary_.c_str(), target_.c_str()) == 0
                        : rename_new(temporary_, target_));
  if (done) return;
  int error = errno;
  unlink(temporary_.c_str());
  if (error == EEXIST) refuse(path_, "it exists already; --force replaces it");
  fail(error);
}

}  // namespace tsinspect
