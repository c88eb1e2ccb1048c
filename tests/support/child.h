// Runs a part of a test in a process of its own, so that its memory can be
// measured and its crash is a failure like others.

#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace tsinspect::hostile {

// What the child fills; it lies in memory that both processes share.
struct Progress {
  char where[256];       // What it is doing, for when it crashes.
  double slowest;        // CPU seconds of the slowest step,
  char slowest_at[256];  // and which one that was.

  // Does `work` as the step that `name` tells, and times it.
  void step(const std::string& name, const std::function<void()>& work);
};

struct ChildReport {
  bool ended_well = false;
  std::string where;
  double slowest = 0;
  std::string slowest_at;
  uint64_t peak_bytes = 0;  // More than the process had when it started.
};

ChildReport run_in_child(const std::function<void(Progress&)>& work);

// What reading a file of `file_bytes` bytes may take at most.
constexpr double kMostSeconds = 2;
constexpr uint64_t most_bytes(uint64_t file_bytes) {
  return (uint64_t{64} << 20) + 4 * file_bytes;
}

// True in a build whose time and memory are its sanitizer's.
constexpr bool is_sanitized() {
#if defined(__SANITIZE_ADDRESS__)
  return true;
#elif defined(__has_feature)
  return __has_feature(address_sanitizer);
#else
  return false;
#endif
}

}  // namespace tsinspect::hostile
