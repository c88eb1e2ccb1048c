#include "tsinspect/slice.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using Shape = std::vector<int64_t>;

// "start:count:step" of each dimension; "=start" where an index drops it.
std::string parsed(const char* text, Shape shape) {
  std::string out;
  for (const auto& d : parse_slice(text, shape).dimensions) {
    if (!out.empty()) out += ' ';
    out += d.dropped ? "=" + std::to_string(d.start)
                     : std::to_string(d.start) + ":" + std::to_string(d.count) +
                           ":" + std::to_string(d.step);
  }
  return out;
}

std::string failure(const char* text, Shape shape) {
  try {
    parse_slice(text, shape);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(Slice, PlainIndicesDropTheirDimension) {
  EXPECT_EQ(parsed("1, -1", {4, 5}), "=1 =4");
  EXPECT_EQ(parse_slice("1", Shape{4, 5}).shape(), Shape{5});
  EXPECT_EQ(parsed("0", {4, 5}), "=0 0:5:1");
}

TEST(Slice, RangesFollowPython) {
  EXPECT_EQ(parsed(":", {10}), "0:10:1");
  EXPECT_EQ(parsed("2:5", {10}), "2:3:1");
  EXPECT_EQ(parsed("-3:", {10}), "7:3:1");
  EXPECT_EQ(parsed("::3", {10}), "0:4:3");
  EXPECT_EQ(parsed("::-1", {10}), "9:10:-1");
  EXPECT_EQ(parsed("8:2:-2", {10}), "8:3:-2");
  EXPECT_EQ(parsed("100:", {10}), "10:0:1");
  EXPECT_EQ(parsed(":100", {10}), "0:10:1");
  EXPECT_EQ(parsed("5:2", {10}), "5:0:1");
  EXPECT_EQ(parsed("::-1", {0}), "-1:0:-1");
  EXPECT_EQ(parsed("-100::-1", {10}), "-1:0:-1");
}

TEST(Slice, ExtremeNumbersDoNotOverflow) {
  EXPECT_EQ(parsed("::9223372036854775807", {10}), "0:1:9223372036854775807");
  EXPECT_EQ(parsed("::-9223372036854775808", {10}), "9:1:-9223372036854775807");
  EXPECT_EQ(parsed("-9223372036854775808:9223372036854775807", {10}), "0:10:1");
}

TEST(Slice, EllipsisFillsUp) {
  EXPECT_EQ(parsed("..., 0", {2, 3, 4}), "0:2:1 0:3:1 =0");
  EXPECT_EQ(parsed("0, ...", {2, 3}), "=0 0:3:1");
  EXPECT_EQ(parsed("0, ..., 1", {2, 3}), "=0 =1");
  EXPECT_EQ(parsed("...", {}), "");
}

TEST(Slice, RefusesWhatNumPyRefuses) {
  EXPECT_EQ(failure("5", {5}),
            "index 5 is out of range for dimension 0 of size 5");
  EXPECT_EQ(failure("-6", {5}),
            "index -6 is out of range for dimension 0 of size 5");
  EXPECT_EQ(failure("0, 0", {5}), "too many indices: 2 for 1 dimensions");
  EXPECT_EQ(failure("::0", {5}), "the step of a slice cannot be zero");
  EXPECT_EQ(failure("..., ...", {5}), "only one ellipsis can stand in a slice");
  EXPECT_EQ(failure("x", {5}), "'x' is no index or slice");
  EXPECT_EQ(failure("1:2:3:4", {5}), "'1:2:3:4' is no slice");
  EXPECT_EQ(failure("1.5", {5}), "'1.5' is no index or slice");
  EXPECT_EQ(failure("", {5}), "'' is no index or slice");
  EXPECT_EQ(failure("99999999999999999999", {5}),
            "'99999999999999999999' is no index or slice");
}

}  // namespace
}  // namespace tsinspect
