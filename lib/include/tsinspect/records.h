// Whether a container's members are what its directory says.

#pragma once

#include <string>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

struct RecordProblem {
  uint32_t record;      // Index into Model::records.
  std::string message;  // "CRC-32 is 0x…, the directory says 0x…"
};

// Reads every record to its end and compares its CRC-32. Records without one
// are only read. Throws nothing for a damaged record: that is the answer.
std::vector<RecordProblem> check_records(const Model& model,
                                         const Limits& limits = {});

}  // namespace tsinspect
