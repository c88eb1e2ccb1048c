// Reads pickles symbolically: every opcode is known, nothing is imported or
// called. What a pickle would construct becomes a node of an ObjectGraph.

#pragma once

#include <cstdint>
#include <vector>

#include "base/byte_reader.h"
#include "tsinspect/model.h"
#include "tsinspect/objects.h"

namespace tsinspect {

// Reads one pickle, protocols 0 to 5, from `in`, which is left behind its STOP,
// and returns its top value. Globals are appended to `imports`, one row a name,
// with `record` as their place. Throws Error; what was read until then stays in
// the graph. Time and memory are linear in the bytes read, whatever is nested
// in what.
ObjectRef read_pickle(ByteReader* in, uint32_t record, ObjectGraph* graph,
                      std::vector<Import>* imports);

// True if the bytes start as a pickle of protocol 2 or later does, or as an
// older one whose first opcodes are sound.
bool looks_like_pickle(std::string_view bytes);

}  // namespace tsinspect
