// Ends the process when a model runs for too long.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "report.h"

namespace tsinspect::cli {

// From its making to its end, or for `seconds`: then the report's file fails,
// its output is completed, and the process ends with exit status 2. Nobody else
// may use the report meanwhile.
class Watchdog {
 public:
  Watchdog(uint64_t seconds, Report& report);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

 private:
  void watch();

  const uint64_t seconds_;
  Report& report_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace tsinspect::cli
