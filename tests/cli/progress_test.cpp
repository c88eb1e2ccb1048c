#include "progress.h"

#include <gtest/gtest.h>

namespace tsinspect::cli {
namespace {

constexpr uint64_t kGiB = uint64_t{1} << 30;

TEST(Progress, TellsBytesRateAndTimeLeft) {
  EXPECT_EQ(progress_text(kGiB, 4 * kGiB, 2.0),
            "1.00 GiB of 4.00 GiB (25 %), 512 MiB/s, 6 s left");
  EXPECT_EQ(progress_text(kGiB, 100 * kGiB, 2.0),
            "1.00 GiB of 100 GiB (1 %), 512 MiB/s, 3 min left");
}

TEST(Progress, DividesByNothing) {
  EXPECT_EQ(progress_text(0, kGiB, 2.0), "0 B of 1.00 GiB (0 %), 0 B/s");
  EXPECT_EQ(progress_text(0, 0, 0.0), "0 B of 0 B (100 %), 0 B/s");
  EXPECT_EQ(progress_text(8, 4, 1.0), "4 B of 4 B (100 %), 4 B/s, 0 s left");
}

TEST(Progress, IsSilentWhereStderrIsNoTerminal) {
  ::testing::internal::CaptureStderr();
  {
    Progress progress(10);
    progress.add(10);
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace tsinspect::cli
