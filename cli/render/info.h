// A model at a glance.

#pragma once

#include <span>
#include <string>

#include "render/json.h"
#include "tsinspect/layers.h"
#include "tsinspect/summary.h"

namespace tsinspect::cli {

// One screen of text; `layers` are those of a frozen model.
void print_info(Output& out, const std::string& file, const Model& model,
                const Summary& summary, std::span<const Layer> layers);

// The same and more as JSON members: "producer", "sizes", "counts", "roles",
// "dtypes", "storages", "top_level", "training", "methods", "hooks", "layers",
// "imports".
void write_info(Json& json, const Model& model, const Summary& summary,
                std::span<const Layer> layers);

}  // namespace tsinspect::cli
