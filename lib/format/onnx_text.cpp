// An ONNX model as text, in protobuf's text format. It becomes the bytes that
// stand for it, which lie in memory.

#include <memory>

#include "format/format.h"
#include "onnx/model_proto.h"
#include "onnx/text.h"

namespace tsinspect {
namespace {

// Offsets in those bytes would tell nobody anything.
Error without_offset(const Error& error) {
  std::string message = error.what();
  if (error.offset() != Error::kNoOffset) {
    message.erase(0, message.find(": ") + 2);
  }
  return Error(error.kind(), message);
}

bool matches(const Input& input) {
  return !input.is_zip && onnx::looks_like_text(input.data());
}

void read(const Input& input, Model* model) {
  auto bytes = std::make_shared<const std::string>(
      onnx::model_of_text(input.data(), input.limits));
  model->owned.push_back(bytes);
  try {
    onnx::read_model(*bytes, kNoIndex, input.limits, model);
  } catch (const Error& error) {
    throw without_offset(error);
  }
}

}  // namespace

Format onnx_text_format() {
  return {"onnx_text", "ONNX models as text", matches, read};
}

}  // namespace tsinspect
