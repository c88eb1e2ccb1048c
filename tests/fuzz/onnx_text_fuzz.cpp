// An ONNX model as text of any content, and the message it stands for.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/protobuf.h"
#include "onnx/text.h"
#include "tsinspect/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tsinspect;
  std::string bytes;
  try {
    bytes =
        onnx::model_of_text({reinterpret_cast<const char*>(data), size}, {});
  } catch (const Error&) {
    return 0;
  }
  // What it writes is always a message.
  MessageReader in(bytes, bytes, "ModelProto");
  while (in.next()) {
  }
  return 0;
}
