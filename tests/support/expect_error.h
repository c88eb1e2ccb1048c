// Checks that something fails, and how.

#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "tsinspect/error.h"

namespace tsinspect {

// Runs `run`, which must throw an Error of this kind, with exactly this text
// (what() has the offset in front) and this offset.
template <typename Run>
void expect_error(ErrorKind kind, std::string_view what, uint64_t offset,
                  Run run) {
  try {
    run();
    ADD_FAILURE() << "no error; expected: " << what;
  } catch (const Error& error) {
    EXPECT_EQ(to_string(error.kind()), std::string_view(to_string(kind)));
    EXPECT_EQ(std::string_view(error.what()), what);
    EXPECT_EQ(error.offset(), offset);
  }
}

// The same for an error without an offset.
template <typename Run>
void expect_error(ErrorKind kind, std::string_view what, Run run) {
  expect_error(kind, what, Error::kNoOffset, run);
}

}  // namespace tsinspect
