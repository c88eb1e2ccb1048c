// The Python objects that variables belong to.

#pragma once

#include <string_view>

#include "tsinspect/model.h"

namespace tsinspect::tensorflow {

// Reads the object graph in the model's checkpoint, if there is one: the names
// that its variables had in Python, and the objects that own them as
// Model::modules, where they are more than lists. `saved` is the
// SavedObjectGraph of a SavedModel, which also tells classes and which
// variables are trained, or empty. Where the graph cannot be read the model
// gets a finding.
void read_object_graph(std::string_view saved, const Limits& limits,
                       Model* model);

}  // namespace tsinspect::tensorflow
