// A TensorFlow checkpoint whose table is sound, but for the entries in it: its
// checksums would else keep the fuzzer out. The input is the header's length,
// the header, and then keys and values, each with its length before it.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "support/memory_file.h"
#include "support/read_all.h"
#include "support/table_builder.h"

namespace {

// The next text of the input, cut where the input ends.
std::string take(std::string_view* input) {
  if (input->empty()) return "";
  auto size = static_cast<uint8_t>(input->front());
  input->remove_prefix(1);
  std::string text(input->substr(0, size));
  input->remove_prefix(text.size());
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tsinspect;
  using namespace tsinspect::hostile;
  Limits limits;
  limits.inflated_bytes = 1 << 20;
  limits.metadata_bytes = 1 << 20;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  std::map<std::string, std::string> rows;
  rows[""] = take(&input);
  while (!input.empty()) {
    std::string key = take(&input);
    rows[key] = take(&input);
  }
  MemoryFile file(table_of({rows.begin(), rows.end()}));
  open_and_read_all(file.path(), limits);
  return 0;
}
