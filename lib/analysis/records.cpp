#include "tsinspect/records.h"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <utility>

#include "base/crc32c.h"
#include "base/encoded_strings.h"
#include "base/file.h"
#include "tsinspect/values.h"
#include "zip/zip.h"

namespace tsinspect {
namespace {

// What is wrong with a record; empty if nothing is.
std::string problem_of(const Model& model, const Record& record,
                       const Limits& limits) {
  if (record.encrypted) return "encrypted; cannot be checked";
  uint32_t sum = 0;
  switch (record.checksum) {
    case Checksum::kNone:
      record_bytes(model, record, limits);
      return {};
    case Checksum::kCrc32:
      sum = zip_crc32(model.files[record.file]->data(), record, limits);
      break;
    case Checksum::kMaskedCrc32c:
      sum = masked_crc32c(record_bytes(model, record, limits).data);
      break;
    case Checksum::kMaskedCrc32cOfStrings: {
      Bytes bytes = record_bytes(model, record, limits);
      sum = strings_masked_crc32c(
          {reinterpret_cast<const char*>(bytes.data.data()),
           bytes.data.size()});
      break;
    }
  }
  if (sum == record.crc32) return {};
  return fmt::format(
      "{} is {:#010x}, the directory says {:#010x}",
      record.checksum == Checksum::kCrc32 ? "CRC-32" : "masked CRC-32C", sum,
      record.crc32);
}

// Where in the files the records looked at so far lie.
class Claims {
 public:
  // False if a record before this one has some of its bytes.
  bool take(const Record& record) {
    if (record.stored_bytes == 0) return true;
    Place begin = {record.file, record.offset};
    Place end = {record.file, record.offset + record.stored_bytes};
    auto next = ends_.lower_bound(begin);
    if (next != ends_.end() && next->first < end) return false;
    if (next != ends_.begin() && begin < std::prev(next)->second) return false;
    ends_.emplace_hint(next, begin, end);
    return true;
  }

 private:
  using Place = std::pair<uint32_t, uint64_t>;  // A file and an offset in it.

  std::map<Place, Place> ends_;  // By begin.
};

}  // namespace

std::vector<RecordProblem> check_records(const Model& model,
                                         const Limits& limits) {
  std::vector<RecordProblem> problems;
  // Records that share bytes could have any number of them: all but the first
  // are left out.
  Claims claims;
  for (uint32_t i = 0; i < model.records.size(); ++i) {
    const Record& record = model.records[i];
    std::string problem;
    try {
      problem = claims.take(record)
                    ? problem_of(model, record, limits)
                    : "not checked: a record before it has some of its bytes";
    } catch (const Error& error) {
      problem = error.what();
    }
    if (!problem.empty()) problems.push_back({i, problem});
  }
  return problems;
}

}  // namespace tsinspect
