// The zip container, as PyTorch's archives use it.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/name_index.h"
#include "tsinspect/limits.h"
#include "tsinspect/model.h"

namespace tsinspect {

// True if the file's first or last bytes are a zip's.
bool looks_like_zip(std::string_view file);

// What the central directory lists, in its order, and an index of the names,
// which views into `file` give. Local headers are not read. Of several records
// of one name the index has the last, as Python's zipfile does. Names that
// occur twice and records that overlap are appended to `findings`.
// Throws Error(kMalformed).
std::vector<Record> read_zip_directory(std::string_view file,
                                       std::vector<Finding>* findings,
                                       NameIndex* names);

// Offset of a record's stored bytes: reads its local header and checks it
// against the directory. Throws Error(kMalformed).
uint64_t zip_payload_offset(std::string_view file, const Record& record);

// A record's bytes as they lie in the file. Throws Error.
std::string_view stored_bytes(std::string_view file, const Record& record);

// A record's bytes: a view into the file where it is stored, else inflated and
// owned by `owner`. Sizes are checked against `limits` before allocating.
// Throws Error(kMalformed, kLimit, kUnsupported for other methods and
// encryption).
std::string_view inflated_bytes(std::string_view file, const Record& record,
                                const Limits& limits,
                                std::shared_ptr<const std::string>* owner);

// The first `max_bytes` of a record's inflated bytes, or all if it is shorter.
std::string inflated_prefix(std::string_view file, const Record& record,
                            size_t max_bytes);

// CRC-32 of a record's inflated bytes, streamed.
uint32_t zip_crc32(std::string_view file, const Record& record,
                   const Limits& limits);

}  // namespace tsinspect
