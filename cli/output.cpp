#include "output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace tsinspect::cli {
namespace {

constexpr size_t kDefaultColumns = 80;

size_t terminal_columns(int fd) {
  if (!isatty(fd)) return 0;
  if (const char* text = std::getenv("COLUMNS")) {
    if (int columns = std::atoi(text); columns > 0) return columns;
  }
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kDefaultColumns;
}

}  // namespace

Output::Output(int fd) : fd_(fd), columns_(terminal_columns(fd)) {
  buffer_.reserve(kFlushBytes + 4096);
}

void Output::spaces(size_t count) {
  constexpr std::string_view kBlank = "                                ";
  for (; count > 0; count -= std::min(count, kBlank.size())) {
    text(kBlank.substr(0, count));
  }
}

void Output::flush() {
  const char* data = buffer_.data();
  size_t left = buffer_.size();
  buffer_.clear();
  while (left > 0) {
    ssize_t written = write(fd_, data, left);
    if (written >= 0) {
      data += written;
      left -= static_cast<size_t>(written);
    } else if (errno == EPIPE) {
      throw ClosedPipe{};
    } else if (errno != EINTR) {
      throw OutputError{errno};
    }
  }
}

}  // namespace tsinspect::cli
