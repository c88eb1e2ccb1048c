#include "interrupt.h"

#include <cstddef>
#include <iterator>

namespace tsinspect::cli {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

volatile std::sig_atomic_t signal_that_came = 0;

}  // namespace

InterruptGuard::InterruptGuard() {
  signal_that_came = 0;
  struct sigaction action = {};
  action.sa_handler = [](int signal) { signal_that_came = signal; };
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    sigaction(kSignals[i], nullptr, &before_[i]);
    // What the parent had us ignore (nohup) stays ignored.
    if (before_[i].sa_handler != SIG_IGN) {
      sigaction(kSignals[i], &action, nullptr);
    }
  }
}

InterruptGuard::~InterruptGuard() {
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    sigaction(kSignals[i], &before_[i], nullptr);
  }
  if (signal_that_came != 0) std::raise(signal_that_came);
}

bool InterruptGuard::interrupted() { return signal_that_came != 0; }

}  // namespace tsinspect::cli
