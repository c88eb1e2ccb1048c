#include "export/onnx_type.h"

#include "base/protobuf.h"
#include "onnx/fields.h"

namespace tsinspect {
namespace {

using namespace onnx;

constexpr size_t kMaxRank = 1024;

int64_t read_dimension(MessageReader in) {
  int64_t size = -1;
  while (in.next()) {
    if (in.field() == tensor_shape_proto_dimension::kDimValue) {
      size = in.integer("dim_value");
    } else if (in.field() == tensor_shape_proto_dimension::kDimParam) {
      size = -1;
    }
  }
  return size;
}

std::optional<std::vector<int64_t>> read_shape(MessageReader in) {
  std::vector<int64_t> shape;
  while (in.next()) {
    if (in.field() != tensor_shape_proto::kDim) continue;
    shape.push_back(read_dimension(in.message("dim", "Dimension")));
    if (shape.size() > kMaxRank) return std::nullopt;
  }
  return shape;
}

}  // namespace

std::optional<OnnxTensorType> read_onnx_tensor_type(std::string_view type) {
  MessageReader in(type, type, "TypeProto");
  std::optional<OnnxTensorType> result;
  while (in.next()) {
    if (in.field() != type_proto::kTensorType) continue;
    MessageReader tensor = in.message("tensor_type", "TypeProto.Tensor");
    result.emplace();
    while (tensor.next()) {
      if (tensor.field() == type_proto_tensor::kElemType) {
        result->element = tensor.integer("elem_type");
      } else if (tensor.field() == type_proto_tensor::kShape) {
        result->shape = read_shape(tensor.message("shape", "TensorShapeProto"));
      }
    }
  }
  if (result && result->element == 0) return std::nullopt;
  return result;
}

}  // namespace tsinspect
