#include "onnx/budget.h"

#include "tsinspect/error.h"

namespace tsinspect::onnx {

void Budget::charge(uint64_t bytes) {
  if (bytes > left_) {
    throw Error(ErrorKind::kLimit,
                "the graphs' nodes and tensors take more memory than a file of "
                "this size may");
  }
  left_ -= bytes;
}

}  // namespace tsinspect::onnx
