#include "libtorch/mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tsinspect/error.h"

namespace tsinspect {
namespace {

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

[[noreturn]] void fail(const std::string& action, int error) {
  throw Error(ErrorKind::kIo, action + ": " + std::strerror(error));
}

void release(void* context) {
  delete static_cast<std::shared_ptr<Mapping>*>(context);
}

}  // namespace

std::shared_ptr<Mapping> Mapping::open(const std::string& path, uint64_t size) {
  Descriptor in{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (in.fd < 0) fail("cannot open", errno);
  struct stat status;
  if (fstat(in.fd, &status) != 0) fail("cannot read", errno);
  if (static_cast<uint64_t>(status.st_size) != size) {
    throw Error(ErrorKind::kIo, "the file changed while it was read");
  }
  if (size == 0) return std::make_shared<Mapping>(nullptr, 0);
  // Pages that are written to become the process's own; none is set aside
  // for that beforehand.
  void* data = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_NORESERVE, in.fd, 0);
  if (data == MAP_FAILED) fail("cannot map", errno);
  return std::make_shared<Mapping>(static_cast<char*>(data), size);
}

Mapping::~Mapping() {
  if (data_ != nullptr) munmap(data_, size_);
}

c10::Storage mapped_storage(std::shared_ptr<Mapping> mapping, uint64_t offset,
                            uint64_t size) {
  if (offset > mapping->size() || size > mapping->size() - offset) {
    throw Error(ErrorKind::kMalformed, "a storage ends behind the file",
                offset);
  }
  char* data = mapping->data() + offset;
  at::DataPtr pointer(data, new std::shared_ptr<Mapping>(std::move(mapping)),
                      release, at::kCPU);
  return c10::Storage(c10::Storage::use_byte_size_t(), size, std::move(pointer),
                      nullptr, false);
}

c10::Storage copied_storage(const void* bytes, uint64_t size) {
  at::DataPtr pointer = at::getCPUAllocator()->allocate(size);
  if (size != 0) std::memcpy(pointer.get(), bytes, size);
  return c10::Storage(c10::Storage::use_byte_size_t(), size, std::move(pointer),
                      nullptr, false);
}

}  // namespace tsinspect
