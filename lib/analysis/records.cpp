#include "tsinspect/records.h"

#include <fmt/format.h>

#include "base/file.h"
#include "tsinspect/values.h"
#include "zip/zip.h"

namespace tsinspect {
namespace {

// What is wrong with a record; empty if nothing is.
std::string problem_of(const Model& model, const Record& record,
                       const Limits& limits) {
  if (record.encrypted) return "encrypted; cannot be checked";
  if (!record.has_crc) {
    record_bytes(model, record, limits);
    return {};
  }
  uint32_t crc32 = zip_crc32(model.files[record.file]->data(), record, limits);
  if (crc32 == record.crc32) return {};
  return fmt::format("CRC-32 is {:#010x}, the directory says {:#010x}", crc32,
                     record.crc32);
}

}  // namespace

std::vector<RecordProblem> check_records(const Model& model,
                                         const Limits& limits) {
  std::vector<RecordProblem> problems;
  // Records that overlap could have any number of bytes. No more of them are
  // read than there are in the files.
  uint64_t left = 0;
  for (const auto& file : model.files) left += file->size();
  for (uint32_t i = 0; i < model.records.size(); ++i) {
    const Record& record = model.records[i];
    std::string problem;
    try {
      if (record.stored_bytes > left) {
        problem = "not checked: the records before it share bytes";
      } else {
        left -= record.stored_bytes;
        problem = problem_of(model, record, limits);
      }
    } catch (const Error& error) {
      problem = error.what();
    }
    if (!problem.empty()) problems.push_back({i, problem});
  }
  return problems;
}

}  // namespace tsinspect
