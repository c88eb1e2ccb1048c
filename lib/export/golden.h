// Golden files: what a run computed, kept to be compared with another run.
//
// scripts/record_golden.py writes the same from Python, and its text describes
// the format: an .npz or .safetensors that has the tensors under the names of
// the values, and beside them a JSON text,
//
//   {"format": "tsinspect-golden/1", "producer": …, "method": …,
//    "values": [{"name", "path", "method", "call", "type",
//                "dtype", "shape", "stored" or "value"}, …]}
//
// the bytes of an array `__meta__` in an .npz, the metadata `tsinspect.golden`
// in a .safetensors.

#pragma once

#include <string>

#include "analysis/run_record.h"

namespace tsinspect {

// Throws Error as open_model() does; kUnsupported for a file that is none of
// these, or of a later version; kMalformed for one that contradicts itself.
RunRecord read_golden(const std::string& path, const Limits& limits = {});

// Writes it, in the format that `path` ends with. Throws Error as
// export_tensors() does.
void write_golden(const RunRecord& record, const std::string& path,
                  bool replace);

}  // namespace tsinspect
