#include "watchdog.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace tsinspect::cli {
namespace {

constexpr uint64_t kLongest = 365 * 24 * 3600;

}  // namespace

Watchdog::Watchdog(uint64_t seconds, Report& report)
    : seconds_(std::min(seconds, kLongest)),
      report_(report),
      thread_([this] { watch(); }) {}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  ended_.notify_one();
  thread_.join();
}

void Watchdog::watch() {
  // The lock is kept to the end: work that finishes meanwhile waits, in vain.
  std::unique_lock lock(mutex_);
  if (ended_.wait_for(lock, std::chrono::seconds(seconds_),
                      [this] { return is_over_; })) {
    return;
  }
  try {
    report_.fail(
        Error(ErrorKind::kLimit,
              fmt::format("not done after {} s (--timeout)", seconds_)));
    finish_json(report_);
    report_.out.flush();
  } catch (...) {  // A closed pipe or a full disk: there is nobody to tell.
  }
  // No destructors: the model still runs.
  _exit(kFailed);
}

}  // namespace tsinspect::cli
