// The JSON of source and of the Python that it was made from.

#pragma once

#include "render/json.h"
#include "tsinspect/code.h"

namespace tsinspect::cli {

// "record", "classes": [{name, kind, methods}, …], "functions", "text".
void write_code_record(Json& json, const CodeRecord& record);

// "name", "record", "offset", "text".
void write_code_part(Json& json, const CodePart& part);

// "origins": [{offset, file, line, text, stack?}, …] of the code that is known
// to come from somewhere.
void write_origins(Json& json, CodeOrigins* origins, const CodePart& part);

}  // namespace tsinspect::cli
