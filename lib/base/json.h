// Reading JSON text, as a stream of events.
//
// The JSON library behind this costs seconds a file that includes it, so it is
// included in json.cpp alone. Nothing is kept but what the handler keeps.

#pragma once

#include <cstdint>
#include <string_view>

namespace tsinspect {

// Receives the values of a JSON text in the order they stand there. Text views
// into the JSON text itself where it has no escapes; otherwise it is valid
// during the call only. `depth` is the number of containers around a value; a
// key stands at the depth of its value.
class JsonHandler {
 public:
  virtual ~JsonHandler() = default;

  virtual void begin_object(uint32_t /*depth*/) {}
  virtual void begin_array(uint32_t /*depth*/) {}
  virtual void end_object(uint32_t /*depth*/) {}
  virtual void end_array(uint32_t /*depth*/) {}
  virtual void key(uint32_t /*depth*/, std::string_view /*text*/) {}
  virtual void string(uint32_t /*depth*/, std::string_view /*text*/) {}
  virtual void integer(uint32_t /*depth*/, int64_t /*value*/) {}
  // Also an integer that int64 does not hold.
  virtual void number(uint32_t /*depth*/, double /*value*/) {}
  virtual void boolean(uint32_t /*depth*/, bool /*value*/) {}
  virtual void null(uint32_t /*depth*/) {}
};

// Walks the one JSON value in `text`. Throws Error(kMalformed), with `what` in
// its message, if it is not valid UTF-8, not JSON, followed by anything but
// white space, or nested deeper than 64 containers. What the handler was told
// before that stands. `base` is the offset of the text in its file.
//
// `readable_behind` says how many bytes behind the text may be read, too: 64
// are enough to spare a copy of it.
void read_json(std::string_view text, const char* what, uint64_t base,
               JsonHandler* handler, uint64_t readable_behind = 0);

}  // namespace tsinspect
