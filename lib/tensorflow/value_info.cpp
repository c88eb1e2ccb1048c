#include "tensorflow/value_info.h"

#include "tensorflow/element_type.h"
#include "tensorflow/fields.h"

namespace tsinspect::tensorflow {

ValueInfo value_info(std::string_view name, int64_t data_type,
                     const Shape& shape) {
  ValueInfo info;
  info.name = name;
  if (shape) {
    info.shape.emplace();
    for (int64_t size : *shape) info.shape->push_back({size, {}});
  }
  if (data_type == 0) return info;
  const ElementType* type = find_element_type(data_type);
  if (type != nullptr && type->dtype != DType::kOpaque) {
    info.type = "tensor";
    info.dtype = type->dtype;
  } else {
    info.type = element_type_name(data_type);
  }
  return info;
}

ValueInfo read_tensor_info(MessageReader in) {
  std::string_view name;
  int64_t type = 0;
  Shape shape;
  const char* layout = nullptr;
  while (in.next()) {
    switch (in.field()) {
      case tensor_info::kName:
        name = in.bytes("name");
        break;
      case tensor_info::kDtype:
        type = in.integer("dtype");
        break;
      case tensor_info::kTensorShape:
        shape = read_shape(in.message("tensor_shape", "TensorShapeProto"));
        break;
      case tensor_info::kCooSparse:
        layout = "sparse_tensor";
        break;
      case tensor_info::kCompositeTensor:
        layout = "composite_tensor";
        break;
      default:
        break;
    }
  }
  ValueInfo info = value_info(name, type, shape);
  if (layout != nullptr) info.type = layout;
  return info;
}

ValueInfo read_argument(MessageReader in) {
  std::string_view name;
  int64_t type = 0;
  while (in.next()) {
    if (in.field() == op_def_arg_def::kName) {
      name = in.bytes("name");
    } else if (in.field() == op_def_arg_def::kType) {
      type = in.integer("type");
    }
  }
  return value_info(name, type, std::nullopt);
}

}  // namespace tsinspect::tensorflow
