// TensorProto: a tensor's values in a message.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/protobuf.h"
#include "tensor/proto_tensor.h"
#include "tensorflow/shape.h"

namespace tsinspect::tensorflow {

struct TensorProto {
  std::string_view message;  // All of it.
  int64_t dtype = 0;
  Shape shape;               // None is that of a scalar.
  std::string_view content;  // Its tensor_content; empty if it has none.
};

// Reads what a TensorProto says of itself, not its values. Throws Error.
TensorProto read_tensor_proto(MessageReader in);

// A row for the model, but for its name, key, role and file. Its shape must be
// known.
ProtoTensor proto_tensor(const TensorProto& tensor);

// Sets a row's dtype and where its values lie, from a DataType. Its shape must
// be set. The values are `content`, as in tensor_content, or, if its data() is
// null, a field of `message`.
void set_type(int64_t number, std::string_view message,
              std::string_view content, ProtoTensor* row);

}  // namespace tsinspect::tensorflow
