// The same work on many numbered parts, by several threads.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace tsinspect {

// Calls `work(worker, part)` for every part below `parts`, the parts of one
// worker one after the other; workers are numbered below `threads`. Rethrows
// one of the exceptions, once all workers have stopped.
template <typename Work>
void for_each_part(size_t parts, unsigned threads, Work work) {
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr thrown;
  auto run = [&](unsigned worker) {
    try {
      for (size_t part; (part = next++) < parts;) work(worker, part);
    } catch (...) {
      next = parts;
      std::lock_guard lock(mutex);
      thrown = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> helpers;
    auto count = static_cast<unsigned>(std::min<size_t>(threads, parts));
    for (unsigned i = 1; i < count; ++i) helpers.emplace_back(run, i);
    run(0);
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace tsinspect
