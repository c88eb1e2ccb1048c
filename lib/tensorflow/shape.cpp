#include "tensorflow/shape.h"

#include <fmt/format.h>

#include "tensorflow/fields.h"
#include "tsinspect/error.h"

namespace tsinspect::tensorflow {
namespace {

// TensorShape::MaxDimensions().
constexpr size_t kMostDimensions = 254;

int64_t read_size(MessageReader in) {
  int64_t size = 0;
  while (in.next()) {
    if (in.field() == tensor_shape_proto_dim::kSize) size = in.integer("size");
  }
  return size;
}

}  // namespace

Shape read_shape(MessageReader in) {
  std::vector<int64_t> shape;
  bool is_unknown = false;
  while (in.next()) {
    if (in.field() == tensor_shape_proto::kUnknownRank) {
      is_unknown = in.varint("unknown_rank") != 0;
    } else if (in.field() == tensor_shape_proto::kDim) {
      if (shape.size() == kMostDimensions) {
        throw Error(
            ErrorKind::kLimit,
            fmt::format("shape of more than {} dimensions", kMostDimensions),
            in.offset());
      }
      shape.push_back(read_size(in.message("dim", "TensorShapeProto.Dim")));
    }
  }
  if (is_unknown) return std::nullopt;
  return shape;
}

}  // namespace tsinspect::tensorflow
