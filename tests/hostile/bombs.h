// Small files that would cost a careless reader much memory or time.

#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/child.h"
#include "support/memory_file.h"
#include "support/pickle_builder.h"
#include "support/read_all.h"
#include "support/zip_builder.h"

namespace tsinspect::hostile {

constexpr size_t kMillion = 1'000'000;

inline std::string repeated(std::string_view text, size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

// What torch.save makes of a pickle, with 64 bytes in the storage "0".
inline std::string torch_zip(const std::string& pickle,
                             std::vector<ZipRecord> more = {}) {
  std::vector<ZipRecord> records = {{"archive/data.pkl", pickle},
                                    {"archive/data/0", std::string(64, '\1')},
                                    {"archive/version", "3\n"}};
  records.insert(records.end(), more.begin(), more.end());
  return build_zip(records);
}

// Reads the file as all commands would, within the bounds of time and memory.
// False if that ended the process.
inline bool expect_cheap(const std::string& bytes) {
  ChildReport report = run_in_child([&](Progress& progress) {
    MemoryFile file(bytes);
    progress.step("read", [&] { open_and_read_all(file.path()); });
  });
  EXPECT_TRUE(report.ended_well) << report.where;
  if (is_sanitized()) return report.ended_well;
  EXPECT_LT(report.slowest, kMostSeconds);
  EXPECT_LT(report.peak_bytes, most_bytes(bytes.size()));
  return report.ended_well;
}

// The error that ends the read of a file.
inline Error error_of(const std::string& bytes) {
  MemoryFile file(bytes);
  try {
    open_model(file.path());
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorKind::kIo, "no error");
}

inline void expect_refused(const std::string& bytes, ErrorKind kind,
                           std::string_view part) {
  if (!expect_cheap(bytes)) return;
  Error error = error_of(bytes);
  EXPECT_EQ(to_string(error.kind()), std::string_view(to_string(kind)))
      << error.what();
  EXPECT_NE(std::string_view(error.what()).find(part), std::string_view::npos)
      << error.what();
}

inline Model expect_read(const std::string& bytes) {
  if (!expect_cheap(bytes)) return {};
  MemoryFile file(bytes);
  try {
    return open_model(file.path());
  } catch (const Error& error) {
    ADD_FAILURE() << error.what();
    return {};
  }
}

}  // namespace tsinspect::hostile
