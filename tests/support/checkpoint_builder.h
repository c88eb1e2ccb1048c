// TensorFlow checkpoints of version 2, made entry by entry.

#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/proto_builder.h"
#include "support/table_builder.h"
#include "tensorflow/fields.h"

namespace tsinspect {

inline ProtoBuilder tf_shape(const std::vector<int64_t>& sizes) {
  ProtoBuilder shape;
  for (int64_t size : sizes) {
    shape.message(tensorflow::tensor_shape_proto::kDim,
                  ProtoBuilder().varint(1, static_cast<uint64_t>(size)));
  }
  return shape;
}

// One variable's BundleEntryProto.
struct EntryOptions {
  uint64_t dtype = 1;  // float32
  std::vector<int64_t> shape = {};
  uint64_t shard = 0;
  uint64_t offset = 0;
  uint64_t size = 4;
  uint32_t crc32c = 0;
};

inline ProtoBuilder bundle_entry(const EntryOptions& options) {
  namespace field = tensorflow::bundle_entry_proto;
  return ProtoBuilder()
      .varint(field::kDtype, options.dtype)
      .message(field::kShape, tf_shape(options.shape))
      .varint(field::kShardId, options.shard)
      .varint(field::kOffset, options.offset)
      .varint(field::kSize, options.size)
      .fixed32(field::kCrc32c, std::bit_cast<float>(options.crc32c));
}

inline std::string bundle_header(uint64_t shards = 1, bool big_endian = false) {
  return ProtoBuilder()
      .varint(tensorflow::bundle_header_proto::kNumShards, shards)
      .varint(tensorflow::bundle_header_proto::kEndianness, big_endian)
      .text();
}

// Strings as a shard has them, with a checksum of the lengths that is not one.
inline std::string shard_strings(const std::vector<std::string>& texts) {
  std::string lengths;
  std::string all;
  for (const std::string& text : texts) {
    lengths += varint(text.size());
    all += text;
  }
  return lengths + "CRC!" + all;
}

}  // namespace tsinspect
