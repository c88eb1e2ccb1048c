#include "tsinspect/error.h"

#include <fmt/format.h>

#include <array>

namespace tsinspect {

const char* to_string(ErrorKind kind) {
  constexpr std::array kNames = {"i/o error",      "unsupported", "malformed",
                                 "limit exceeded", "not found",   "refused",
                                 "failed"};
  return kNames[static_cast<size_t>(kind)];
}

Error::Error(ErrorKind kind, const std::string& message, uint64_t offset)
    : std::runtime_error(offset == kNoOffset
                             ? message
                             : fmt::format("{:#010x}: {}", offset, message)),
      kind_(kind),
      offset_(offset) {}

}  // namespace tsinspect
