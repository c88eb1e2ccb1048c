#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "format/temp_folder.h"
#include "support/expect_error.h"

namespace tsinspect {
namespace {

TEST(File, MapsAllItsBytes) {
  TempFolder folder;
  std::string path = folder.add("m", std::string_view("a\0b\n", 4));
  auto file = File::open(path);
  EXPECT_EQ(file->data(), std::string_view("a\0b\n", 4));
  EXPECT_EQ(file->size(), 4u);
  EXPECT_EQ(file->path(), path);
}

TEST(File, StaysMappedWhenTheNameIsGone) {
  TempFolder folder;
  std::string path = folder.add("m", "abc");
  auto file = File::open(path);
  std::filesystem::remove(path);
  EXPECT_EQ(file->data(), "abc");
}

TEST(File, MayBeEmpty) {
  TempFolder folder;
  auto file = File::open(folder.add("m", ""));
  EXPECT_EQ(file->size(), 0u);
  EXPECT_EQ(file->data(), "");
}

TEST(File, RefusesWhatDoesNotExist) {
  TempFolder folder;
  expect_error(ErrorKind::kIo, "cannot open: No such file or directory",
               [&] { File::open(folder.path() + "/none"); });
}

TEST(File, RefusesAFolder) {
  TempFolder folder;
  expect_error(ErrorKind::kIo, "cannot read: Is a directory",
               [&] { File::open(folder.path()); });
}

TEST(File, RefusesAPipeWithoutWaitingForItsWriter) {
  TempFolder folder;
  std::string path = folder.path() + "/pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  expect_error(ErrorKind::kIo,
               "not a regular file; models are read in place, so save a pipe "
               "to a file first",
               [&] { File::open(path); });
}

TEST(File, RefusesADevice) { EXPECT_THROW(File::open("/dev/null"), Error); }

TEST(StaysInside, IsARelativePathWithoutDots) {
  for (const char* path : {"a", "a/b", "./a", "..a", "a..", "a/.../b"}) {
    EXPECT_TRUE(stays_inside(path)) << path;
  }
  for (const char* path : {"", "/", "/a", "..", "../a", "a/../b", "a/.."}) {
    EXPECT_FALSE(stays_inside(path)) << path;
  }
  EXPECT_FALSE(stays_inside(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace tsinspect
