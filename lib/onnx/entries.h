// The small messages that ONNX uses all over.

#pragma once

#include <string_view>

#include "base/protobuf.h"

namespace tsinspect::onnx {

// StringStringEntryProto.
struct Entry {
  std::string_view key;
  std::string_view value;
};

// The current field of *in, which is one. Throws Error(kMalformed).
Entry read_entry(MessageReader* in, const char* what);

}  // namespace tsinspect::onnx
