// What a checkpoint's index says: of all, and of each variable.

#pragma once

#include <cstdint>
#include <vector>

#include "base/protobuf.h"
#include "tensorflow/shape.h"
#include "tensorflow/tensor_slice.h"

namespace tsinspect::tensorflow {

// BundleHeaderProto
struct BundleHeader {
  int64_t shards = 1;
  bool big_endian = false;
};

// BundleEntryProto
struct BundleEntry {
  int64_t dtype = 0;
  Shape shape;
  int64_t shard = 0;
  uint64_t offset = 0;  // Of its bytes in the shard.
  uint64_t size = 0;
  uint32_t crc32c = 0;              // Of them, masked.
  std::vector<TensorSlice> slices;  // If any, those have the bytes.
};

// Both throw Error.
BundleHeader read_bundle_header(MessageReader in);
BundleEntry read_bundle_entry(MessageReader in);

}  // namespace tsinspect::tensorflow
