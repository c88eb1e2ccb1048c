// The messages of object graphs.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/budget.h"

namespace tsinspect::tensorflow {

struct ObjectChild {
  uint32_t node = 0;  // Index of an object; it may be one that is not there.
  std::string_view name;
};

// SerializedTensor: a variable of an object.
struct ObjectVariable {
  std::string_view name;  // "kernel:0" without the ":0", "dense/kernel".
  std::string_view key;   // In the checkpoint.
};

// An object of a checkpoint's TrackableObjectGraph.
struct TrackableObject {
  std::vector<ObjectChild> children;
  std::vector<ObjectVariable> variables;
};

// An object of a SavedModel's SavedObjectGraph.
struct SavedObject {
  std::vector<ObjectChild> children;
  std::string_view type;           // Of an object: what Keras or
                                   // TensorFlow call its class.
  std::string_view variable;       // Name of a variable.
  std::optional<bool> is_trained;  // Of a variable.
};

// Throw Error: kMalformed, kLimit where the graph has more than the budget has
// memory for. Offsets in errors count from `text`.
std::vector<TrackableObject> read_trackable_objects(std::string_view message,
                                                    std::string_view text,
                                                    Budget* budget);
std::vector<SavedObject> read_saved_objects(std::string_view message,
                                            std::string_view text,
                                            Budget* budget);

}  // namespace tsinspect::tensorflow
