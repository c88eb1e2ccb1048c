// A zip of any content: its directory, and every record read in every way.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tsinspect/error.h"
#include "zip/zip.h"

namespace {

using namespace tsinspect;

constexpr size_t kMostRecords = 256;

void read_record(std::string_view file, const Record& record,
                 const Limits& limits) {
  std::string prefix;
  try {
    zip_payload_offset(file, record);
    stored_bytes(file, record);
    prefix = inflated_prefix(file, record, 100);
    zip_crc32(file, record, limits);
  } catch (const Error&) {
  }
  try {
    std::shared_ptr<const std::string> owner;
    std::string_view bytes = inflated_bytes(file, record, limits, &owner);
    if (bytes.size() != record.size_bytes) abort();
    if (bytes.substr(0, 100) != prefix) abort();
  } catch (const Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view file(reinterpret_cast<const char*>(data), size);
  Limits limits;
  limits.inflated_bytes = 1 << 20;
  looks_like_zip(file);
  try {
    std::vector<Finding> findings;
    NameIndex names(0);
    auto records = read_zip_directory(file, &findings, &names);
    for (size_t i = 0; i < records.size() && i < kMostRecords; ++i) {
      read_record(file, records[i], limits);
    }
  } catch (const Error&) {
  }
  return 0;
}
