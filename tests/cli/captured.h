// What code writes to an Output, as a string.

#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "output.h"

namespace tsinspect::cli {

template <typename Write>
std::string captured(Write write) {
  int fd = memfd_create("captured", 0);
  Output out(fd);
  write(out);
  out.flush();
  std::string text(static_cast<size_t>(lseek(fd, 0, SEEK_END)), '\0');
  ssize_t read = pread(fd, text.data(), text.size(), 0);
  close(fd);
  return read == static_cast<ssize_t>(text.size()) ? text : "unreadable";
}

}  // namespace tsinspect::cli
