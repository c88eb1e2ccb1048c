// The records `code/**.py.debug_pkl`: which Python the code of a `code/**.py`
// was made from.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "torchscript/shared_text.h"
#include "tsinspect/code.h"
#include "tsinspect/limits.h"
#include "tsinspect/model.h"
#include "tsinspect/values.h"

namespace tsinspect::torchscript {

// Frames of a stack that are kept, from the innermost on.
constexpr size_t kMostFrames = 256;

// One debug record, in memory linear in its bytes: texts stay shared, and only
// what is asked for is put together.
class DebugRecord {
 public:
  // A stretch of code, up to the next one's offset.
  struct Entry {
    uint64_t offset = 0;  // In bytes of the code record.
    uint32_t source = 0;  // Index into sources_.
    uint64_t start = 0;   // In the source's text.
  };

  // Reads the bytes of a record. Entries that make no sense are left out.
  // Throws Error for a pickle that is no debug record at all.
  explicit DebugRecord(Bytes bytes);

  // By offset; those that tell nothing, too.
  const std::vector<Entry>& entries() const { return entries_; }

  // What an entry says; of one that tells nothing, only the offset.
  Origin origin(const Entry& entry) const;

  // What covers the code at this offset; empty if nothing is known of it.
  std::optional<Origin> find(uint64_t offset) const;

 private:
  friend class DebugReader;

  // A text that a range is in: a part of a Python file, or a stack of calls.
  struct Source {
    uint32_t text;  // Of texts_.
    std::string_view file;
    uint64_t first_line;
  };

  std::vector<Frame> stack(uint32_t text) const;

  Bytes bytes_;
  ObjectGraph graph_;  // Owns strings, too.
  SharedTexts texts_;
  std::vector<Source> sources_;
  std::vector<Entry> entries_;
};

// The debug record of a code record; empty if there is none. Throws Error.
std::optional<DebugRecord> read_debug_record(const Model& model,
                                             std::string_view code_record,
                                             const Limits& limits = {});

}  // namespace tsinspect::torchscript
