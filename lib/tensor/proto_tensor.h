// Tensors that lie in protobuf messages, ONNX's and TensorFlow's.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// A TensorProto, as far as both have the same in it.
struct ProtoTensor {
  std::string name;
  std::string_view key;  // The file's own text for it; names the record.
  Role role = Role::kConstant;
  DType dtype = DType::kFloat32;
  std::vector<int64_t> shape;
  // Index into Model::files of what the bytes lie in; kNoIndex: in memory that
  // the model owns.
  uint32_t file = 0;
  // The values as they lie, contiguous and little-endian. Where there are none,
  // its data() is null, and they are the items of a field of `message`.
  std::string_view raw;
  std::string_view message;
  EncodedField field;  // But for message_bytes.
  // Why there are no values to read: see TensorDetails. Else empty.
  std::string no_data;
  std::string opaque_type;    // For DType::kOpaque; see TensorDetails.
  uint32_t opaque_bytes = 0;  // The same.
};

// Adds the tensor, and, if it has values, a storage, and a record unless they
// lie in memory. Of the message's field only the tags and lengths are read. The
// tensor's path is its name. Returns its row. Throws Error(kMalformed) that
// names the tensor where the shape is impossible or there are not as many bytes
// as it needs.
uint32_t add_proto_tensor(ProtoTensor tensor, Model* model);

}  // namespace tsinspect
