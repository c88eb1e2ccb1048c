// An ONNX model: a ModelProto. Source: onnx.proto of ONNX 1.23.

#include "format/format.h"
#include "onnx/model_proto.h"

namespace tsinspect {
namespace {

bool matches(const Input& input) {
  return !input.is_zip && onnx::looks_like_model(input.data());
}

void read(const Input& input, Model* model) {
  onnx::read_model(input.data(), 0, input.limits, model);
}

}  // namespace

Format onnx_format() { return {"onnx", "ONNX models", matches, read}; }

}  // namespace tsinspect
