// What reading one file may cost.

#pragma once

#include <cstdint>

namespace tsinspect {

// Bounds on memory and work for input that cannot be trusted. Exceeding one is
// Error(kLimit). The defaults let every file that PyTorch, safetensors or NumPy
// write through, and keep the memory for any other within a small multiple of
// the file's size.
struct Limits {
  // One compressed record, once inflated, in bytes, and how many times its
  // compressed size it may be. Deflate itself cannot exceed 1032 times.
  uint64_t inflated_bytes = uint64_t{4} << 30;
  uint64_t inflated_ratio = 1032;

  // All compressed records that a listing needs (pickles, TorchScript source),
  // once inflated, and all names of tensors and modules, each in bytes: this
  // much plus four times the file's size.
  uint64_t metadata_bytes = uint64_t{32} << 20;
  uint64_t metadata_limit(uint64_t file_bytes) const {
    return metadata_bytes + 4 * file_bytes;
  }

  // JSON header of a safetensors file, in bytes. The format's own limit.
  uint64_t safetensors_header_bytes = 100'000'000;

  // Nesting of modules, containers, expressions in TorchScript source.
  uint32_t source_depth = 256;
};

}  // namespace tsinspect
