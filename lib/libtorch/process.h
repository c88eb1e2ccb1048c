// Time and memory of this process.

#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

namespace tsinspect {

class Stopwatch {
 public:
  // Since it was made or restarted.
  double restart_ms() {
    auto start = std::exchange(start_, Clock::now());
    return std::chrono::duration<double, std::milli>(start_ - start).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// The most memory it had at a time, mapped files included.
uint64_t peak_memory_bytes();

}  // namespace tsinspect
