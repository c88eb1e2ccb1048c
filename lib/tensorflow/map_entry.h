// An entry of a protobuf map from text to messages.

#pragma once

#include <string_view>

#include "base/protobuf.h"

namespace tsinspect::tensorflow {

struct MapEntry {
  std::string_view key;
  std::string_view value;  // The message; its data() is not null.
};

// Throws Error(kMalformed).
MapEntry read_map_entry(MessageReader in);

}  // namespace tsinspect::tensorflow
