#include "tensorflow/map_entry.h"

namespace tsinspect::tensorflow {

MapEntry read_map_entry(MessageReader in) {
  constexpr uint32_t kKey = 1;
  constexpr uint32_t kValue = 2;
  // A value that is not there is a message without fields.
  MapEntry entry = {"", in.text().substr(0, 0)};
  while (in.next()) {
    if (in.field() == kKey) {
      entry.key = in.bytes("key");
    } else if (in.field() == kValue) {
      entry.value = in.bytes("value");
    }
  }
  return entry;
}

}  // namespace tsinspect::tensorflow
