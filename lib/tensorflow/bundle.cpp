#include "tensorflow/bundle.h"

#include "tensorflow/fields.h"

namespace tsinspect::tensorflow {

BundleHeader read_bundle_header(MessageReader in) {
  constexpr uint64_t kBig = 1;
  BundleHeader header;
  while (in.next()) {
    if (in.field() == bundle_header_proto::kNumShards) {
      header.shards = in.integer("num_shards");
    } else if (in.field() == bundle_header_proto::kEndianness) {
      header.big_endian = in.varint("endianness") == kBig;
    }
  }
  return header;
}

BundleEntry read_bundle_entry(MessageReader in) {
  BundleEntry entry;
  entry.shape = std::vector<int64_t>();
  while (in.next()) {
    switch (in.field()) {
      case bundle_entry_proto::kDtype:
        entry.dtype = in.integer("dtype");
        break;
      case bundle_entry_proto::kShape:
        entry.shape = read_shape(in.message("shape", "TensorShapeProto"));
        break;
      case bundle_entry_proto::kShardId:
        entry.shard = in.integer("shard_id");
        break;
      case bundle_entry_proto::kOffset:
        entry.offset = in.varint("offset");
        break;
      case bundle_entry_proto::kSize:
        entry.size = in.varint("size");
        break;
      case bundle_entry_proto::kCrc32c:
        entry.crc32c = in.fixed32("crc32c");
        break;
      case bundle_entry_proto::kSlices:
        entry.slices.push_back(
            read_tensor_slice(in.message("slices", "TensorSliceProto")));
        break;
      default:
        break;
    }
  }
  return entry;
}

}  // namespace tsinspect::tensorflow
