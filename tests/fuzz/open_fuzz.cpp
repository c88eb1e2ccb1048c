// A whole file of any content, opened and read as all commands would.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "support/memory_file.h"
#include "support/read_all.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tsinspect;
  using namespace tsinspect::hostile;
  Limits limits;
  limits.inflated_bytes = 1 << 20;
  limits.metadata_bytes = 1 << 20;
  MemoryFile file({reinterpret_cast<const char*>(data), size});
  open_and_read_all(file.path(), limits);
  return 0;
}
