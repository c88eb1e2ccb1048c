#include "libtorch/process.h"

#include <sys/resource.h>

namespace tsinspect {

uint64_t peak_memory_bytes() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace tsinspect
