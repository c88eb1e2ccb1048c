// Being told to stop while there is something to clean up.

#pragma once

#include <csignal>

namespace tsinspect::cli {

// While it lives, SIGINT, SIGTERM and SIGHUP do not end the process but are
// remembered. One at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  // Ends the process by the signal that came, if one did.
  ~InterruptGuard();

  // Whether it is time to clean up.
  static bool interrupted();

 private:
  struct sigaction before_[3];
};

}  // namespace tsinspect::cli
