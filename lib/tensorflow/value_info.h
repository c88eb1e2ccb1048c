// What TensorFlow says of values: their dtypes and shapes.

#pragma once

#include <cstdint>
#include <string_view>

#include "base/protobuf.h"
#include "tensorflow/shape.h"
#include "tsinspect/dataflow.h"

namespace tsinspect::tensorflow {

// A value of that DataType; 0 if it is not known.
ValueInfo value_info(std::string_view name, int64_t data_type,
                     const Shape& shape);

// Of a TensorInfo: a value of a signature. Throws Error.
ValueInfo read_tensor_info(MessageReader in);

// Of an OpDef.ArgDef: an argument or a result of a function. Throws Error.
ValueInfo read_argument(MessageReader in);

}  // namespace tsinspect::tensorflow
