// A file mapped to be written to without changing it, as tensors need it.

#pragma once

#include <memory>
#include <string>

#include "libtorch/torch.h"

namespace tsinspect {

class Mapping {
 public:
  // Maps the file at `path`, which must still have `size` bytes: whoever read
  // its structure found so many. Throws Error(kIo).
  static std::shared_ptr<Mapping> open(const std::string& path, uint64_t size);

  Mapping(char* data, uint64_t size) : data_(data), size_(size) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();

  char* data() const { return data_; }
  uint64_t size() const { return size_; }

 private:
  char* data_;
  uint64_t size_;
};

// `size` bytes of the mapping from `offset` on, as a storage that keeps it
// alive. Throws Error(kMalformed) if they are not all there.
c10::Storage mapped_storage(std::shared_ptr<Mapping> mapping, uint64_t offset,
                            uint64_t size);

// A storage of its own with a copy of the bytes.
c10::Storage copied_storage(const void* bytes, uint64_t size);

}  // namespace tsinspect
