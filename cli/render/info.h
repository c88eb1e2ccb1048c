// A model at a glance.

#pragma once

#include <string>

#include "render/json.h"
#include "tsinspect/summary.h"

namespace tsinspect::cli {

// One screen of text.
void print_info(Output& out, const std::string& file, const Model& model,
                const Summary& summary);

// The same and more as JSON members: "producer", "sizes", "counts", "roles",
// "dtypes", "storages", "top_level", "training", "methods", "imports".
void write_info(Json& json, const Model& model, const Summary& summary);

}  // namespace tsinspect::cli
