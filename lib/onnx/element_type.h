// The element types of ONNX's tensors.

#pragma once

#include <cstdint>

#include "tsinspect/model.h"

namespace tsinspect::onnx {

// A row of TensorProto.DataType.
struct ElementType {
  int64_t data_type = 0;
  DType dtype = DType::kOpaque;
  // Where values lie that are not in raw_data.
  EncodedField field;
};

// Null for a type that has no dtype here, or that nobody knows.
const ElementType* find_element_type(int64_t data_type);

// ONNX's name of a type that find_element_type() does not give: "float6_e2m3",
// "undefined", "data type 99".
std::string element_type_name(int64_t data_type);

}  // namespace tsinspect::onnx
