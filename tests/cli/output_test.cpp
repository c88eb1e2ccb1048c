#include "output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "captured.h"

namespace tsinspect::cli {
namespace {

TEST(Output, KeepsTheOrderOfAllThatIsWritten) {
  std::string long_text(200'000, 'x');
  std::string text = captured([&](Output& out) {
    out.put('a');
    out.text(long_text);
    out.spaces(70);
    out.print("{}-{}", 1, "b");
  });
  EXPECT_EQ(text, "a" + long_text + std::string(70, ' ') + "1-b");
}

TEST(Output, SaysWhenTheReaderIsGone) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  Output out(ends[1]);
  out.text("x");
  EXPECT_THROW(out.flush(), ClosedPipe);
  close(ends[1]);
}

TEST(Output, SaysWhenTheDiskIsFull) {
  int fd = open("/dev/full", O_WRONLY);
  ASSERT_GE(fd, 0);
  Output out(fd);
  out.text("x");
  try {
    out.flush();
    FAIL();
  } catch (const OutputError& error) {
    EXPECT_EQ(error.error, ENOSPC);
  }
  close(fd);
}

TEST(Output, HasNoWidthWhereThereIsNoTerminal) {
  captured([](Output& out) { EXPECT_EQ(out.columns(), 0u); });
}

}  // namespace
}  // namespace tsinspect::cli
