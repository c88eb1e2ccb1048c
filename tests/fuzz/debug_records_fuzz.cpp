// A debug record of any content: every entry's origin, found in two ways.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "torchscript/debug_records.h"
#include "tsinspect/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tsinspect;
  using namespace tsinspect::torchscript;
  try {
    DebugRecord record({std::as_bytes(std::span(data, size)), nullptr});
    if (record.entries().size() > size) abort();
    uint64_t last = 0;
    for (const DebugRecord::Entry& entry : record.entries()) {
      if (entry.offset < last) abort();
      last = entry.offset;
      Origin origin = record.origin(entry);
      if (origin.stack.size() > kMostFrames) abort();
      if (origin.text.size() > 2 * SharedTexts::kMostLineBytes) abort();
      auto found = record.find(entry.offset);
      // Of several entries at one place, the last counts.
      if (found && found->offset != entry.offset) abort();
    }
  } catch (const Error&) {
  }
  return 0;
}
