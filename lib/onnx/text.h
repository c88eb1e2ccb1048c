// ONNX models written as text, in protobuf's text format.

#pragma once

#include <string>
#include <string_view>

#include "tsinspect/limits.h"

namespace tsinspect::onnx {

// Whether `data` begins like a ModelProto as text. Never throws.
bool looks_like_text(std::string_view data);

// The ModelProto that the text stands for, as its bytes. Fields that no table
// here has are left out. Throws Error: kMalformed with the text's offset,
// kLimit where messages nest too deep.
std::string model_of_text(std::string_view text, const Limits& limits);

}  // namespace tsinspect::onnx
