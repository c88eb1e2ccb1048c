// ValueInfoProto: the name and the type of a value.

#pragma once

#include "base/protobuf.h"
#include "tsinspect/dataflow.h"
#include "tsinspect/limits.h"

namespace tsinspect::onnx {

// Throws Error: kMalformed, kLimit where types nest too deep.
ValueInfo read_value_info(MessageReader in, const Limits& limits);

}  // namespace tsinspect::onnx
