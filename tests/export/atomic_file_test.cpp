#include "export/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "format/temp_folder.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> files_in(const TempFolder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    names.push_back(entry.path().filename());
  }
  return names;
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// The message of the Error(kIo) that opening or writing `path` throws.
std::string failure(const std::string& path, bool replace) {
  try {
    AtomicFile(path, replace).write("new");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIo);
    return error.what();
  }
  return "nothing thrown";
}

TEST(AtomicFile, AppearsWhenItIsCommitted) {
  TempFolder folder;
  std::string path = folder.path() + "/out";
  AtomicFile file(path, false);
  file.write("some text");
  EXPECT_EQ(file.position(), 9u);
  EXPECT_FALSE(fs::exists(path));
  file.commit();
  EXPECT_EQ(read_file(path), "some text");
  EXPECT_THAT(files_in(folder), ElementsAre("out"));
}

TEST(AtomicFile, LeavesNothingIfItIsNotCommitted) {
  TempFolder folder;
  {
    AtomicFile file(folder.path() + "/out", false);
    file.write(std::string(1 << 20, 'x'));
  }
  EXPECT_THAT(files_in(folder), IsEmpty());
}

TEST(AtomicFile, WritesOverWhatIsInMemoryInTheFileAndInBoth) {
  constexpr size_t kSize = 700'000;
  TempFolder folder;
  std::string path = folder.path() + "/out", want;
  AtomicFile file(path, false);
  for (size_t size : {10, 300'000, 250'000, 150'000 - 10}) {
    file.write(std::string(size, 'a'));
    want.append(size, 'a');
    for (size_t back : {4, 10, 150'000, 400'000}) {
      if (back > want.size()) continue;
      file.write_over(want.size() - back, "BCDE");
      want.replace(want.size() - back, 4, "BCDE");
    }
  }
  ASSERT_EQ(want.size(), kSize);
  file.commit();
  EXPECT_TRUE(read_file(path) == want);
}

TEST(AtomicFile, DoesNotReplaceUnlessAskedTo) {
  TempFolder folder;
  std::string path = folder.add("out", "old");
  EXPECT_THAT(failure(path, false), HasSubstr("it exists already"));
  EXPECT_EQ(read_file(path), "old");
  AtomicFile file(path, true);
  file.write("new");
  EXPECT_EQ(read_file(path), "old");
  file.commit();
  EXPECT_EQ(read_file(path), "new");
}

TEST(AtomicFile, DoesNotReplaceWhatAppearedMeanwhile) {
  TempFolder folder;
  AtomicFile file(folder.path() + "/out", false);
  std::string path = folder.add("out", "other");
  EXPECT_THROW(file.commit(), Error);
  EXPECT_EQ(read_file(path), "other");
  EXPECT_THAT(files_in(folder), ElementsAre("out"));
}

TEST(AtomicFile, RefusesWhatIsNoFile) {
  TempFolder folder;
  std::string path = folder.path() + "/out";
  EXPECT_THAT(failure(folder.path(), true), HasSubstr("it is a folder"));
  EXPECT_THAT(failure("/dev/null", true), HasSubstr("not a regular file"));
  EXPECT_THAT(failure(path + "/none/out", true), HasSubstr("No such file"));
  fs::create_symlink("nowhere", path);
  EXPECT_THAT(failure(path, true), HasSubstr("leads nowhere"));
}

TEST(AtomicFile, ReplacesWhatALinkLeadsTo) {
  TempFolder folder;
  std::string target = folder.add("target", "old");
  std::string path = folder.path() + "/link";
  fs::create_symlink("target", path);
  AtomicFile file(path, true);
  file.write("new");
  file.commit();
  EXPECT_EQ(read_file(target), "new");
  EXPECT_TRUE(fs::is_symlink(path));
}

TEST(AtomicFile, LeavesNothingWhereThereIsNoRoom) {
  TempFolder folder;
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = {1 << 20, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  std::string message;
  try {
    AtomicFile file(folder.path() + "/out", false);
    for (int i = 0; i < 3; ++i) file.write(std::string(1 << 20, 'x'));
  } catch (const Error& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(message, HasSubstr("File too large"));
  EXPECT_THAT(files_in(folder), IsEmpty());
}

}  // namespace
}  // namespace tsinspect
