#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "render/text.h"

namespace tsinspect::cli {
namespace {

constexpr auto kDelay = std::chrono::seconds(1);
constexpr auto kInterval = std::chrono::milliseconds(200);

constexpr const char* kClearLine = "\r\x1b[K";

}  // namespace

Progress::Progress(uint64_t total_bytes)
    : total_(total_bytes),
      enabled_(isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      next_(start_ + kDelay) {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "{}", kClearLine);
}

void Progress::add(uint64_t bytes) {
  uint64_t done = done_ += bytes;
  if (!enabled_) return;
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || Clock::now() < next_) return;
  next_ = Clock::now() + kInterval;
  show(done);
}

void Progress::show(uint64_t done) {
  std::chrono::duration<double> elapsed = Clock::now() - start_;
  shown_ = true;
  fmt::print(stderr, "{}{}", kClearLine,
             progress_text(done, total_, elapsed.count()));
  std::fflush(stderr);
}

std::string progress_text(uint64_t done, uint64_t total, double seconds) {
  done = std::min(done, total);
  double rate = static_cast<double>(done) / std::max(seconds, 1e-3);
  double percent = total == 0 ? 100.0
                              : 100.0 * static_cast<double>(done) /
                                    static_cast<double>(total);
  std::string text = fmt::format(
      "{} of {} ({:.0f} %), {}/s", std::string_view(size_text(done)),
      std::string_view(size_text(total)), percent,
      std::string_view(size_text(static_cast<uint64_t>(rate))));
  if (done == 0) return text;
  double left = static_cast<double>(total - done) / rate;
  if (left < 60) return text + fmt::format(", {:.0f} s left", left);
  return text + fmt::format(", {:.0f} min left", left / 60);
}

}  // namespace tsinspect::cli
