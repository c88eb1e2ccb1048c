// JSON text as an object graph.

#pragma once

#include <string_view>

#include "tsinspect/objects.h"

namespace tsinspect {

// Adds the value in `text` to `graph` and returns it: objects as kDict, arrays
// as kList. Strings view into `text` where they have no escapes. Throws as
// read_json() of json.h does.
ObjectRef read_json_objects(std::string_view text, const char* what,
                            uint64_t base, ObjectGraph* graph);

}  // namespace tsinspect
