// Standard output, buffered. Nothing else in the program writes to it.

#pragma once

#include <fmt/format.h>

#include <string_view>

namespace tsinspect::cli {

// The reader of our output went away: stop, quietly.
struct ClosedPipe {};

// The output could not be written, with errno: a full disk.
struct OutputError {
  int error;
};

class Output {
 public:
  explicit Output(int fd);
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Width of the terminal the output goes to; 0 if it is not a terminal.
  size_t columns() const { return columns_; }

  // All of these may throw ClosedPipe or OutputError.
  void text(std::string_view text) {
    buffer_.append(text.data(), text.data() + text.size());
    flush_if_full();
  }
  void put(char c) {
    buffer_.push_back(c);
    flush_if_full();
  }
  void spaces(size_t count);

  template <typename... T>
  void print(fmt::format_string<T...> format, T&&... args) {
    fmt::format_to(std::back_inserter(buffer_), format,
                   std::forward<T>(args)...);
    flush_if_full();
  }

  // Writes what is buffered. Call it before exiting; the destructor does not.
  void flush();

 private:
  void flush_if_full() {
    if (buffer_.size() >= kFlushBytes) flush();
  }

  static constexpr size_t kFlushBytes = 64 << 10;

  int fd_;
  size_t columns_;
  fmt::memory_buffer buffer_;
};

}  // namespace tsinspect::cli
