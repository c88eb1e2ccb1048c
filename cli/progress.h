// How far long work is, on a terminal's stderr.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace tsinspect::cli {

// Shows one line, from the first second on, and takes it away when it ends.
// Shows nothing where stderr is not a terminal.
class Progress {
 public:
  // Of `total_bytes` of work.
  explicit Progress(uint64_t total_bytes);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  // So many bytes are done since the last call. Thread-safe.
  void add(uint64_t bytes);

 private:
  using Clock = std::chrono::steady_clock;

  void show(uint64_t done);

  const uint64_t total_;
  const bool enabled_;
  const Clock::time_point start_;
  std::atomic<uint64_t> done_ = 0;
  std::mutex mutex_;  // Guards what follows.
  Clock::time_point next_;
  bool shown_ = false;
};

// "1.20 GiB of 4.00 GiB (30 %), 600 MiB/s, 5 s left".
std::string progress_text(uint64_t done, uint64_t total, double seconds);

}  // namespace tsinspect::cli
