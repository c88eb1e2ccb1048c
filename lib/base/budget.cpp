#include "base/budget.h"

#include "tsinspect/error.h"

namespace tsinspect {

void Budget::charge(uint64_t bytes) {
  if (bytes > left_) {
    throw Error(ErrorKind::kLimit,
                "its nodes, objects and tensors take more memory than a file "
                "of this size may");
  }
  left_ -= bytes;
}

}  // namespace tsinspect
