// Which executable the commands that need LibTorch are handed to, and when
// none.

#include "libtorch_exec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace tsinspect::cli {
namespace {

using testing::HasSubstr;

constexpr const char* kThisVersion = "tsinspect " TSINSPECT_VERSION "\n";

class LibtorchExec : public testing::Test {
 protected:
  LibtorchExec()
      : prefix_(std::filesystem::temp_directory_path() /
                ("tsinspect-exec-" + std::to_string(getpid()))),
        program_(prefix_ / "libexec/tsinspect/tsinspect-libtorch") {
    std::filesystem::create_directories(program_.parent_path());
  }
  ~LibtorchExec() override { std::filesystem::remove_all(prefix_); }

  void write_program() {
    std::ofstream(program_) << "#!/bin/sh\n";
    std::filesystem::permissions(program_, std::filesystem::perms::owner_all);
  }
  void write_version(const std::string& text) {
    std::ofstream(program_.string() + ".version") << text;
  }
  LibtorchProgram find() {
    return find_libtorch_program(prefix_ / "bin/tsinspect");
  }

  std::filesystem::path prefix_, program_;
};

TEST_F(LibtorchExec, IsFoundBesideThisOne) {
  write_program();
  write_version(std::string(kThisVersion) + "LibTorch 2.13.0\n");
  LibtorchProgram program = find();
  EXPECT_EQ(program.problem, "");
  EXPECT_EQ(program.path, program_);
  EXPECT_EQ(program.libtorch_version, "2.13.0");
}

TEST_F(LibtorchExec, MissingIsNamed) {
  write_version(std::string(kThisVersion) + "LibTorch 2.13.0\n");
  EXPECT_EQ(find().problem, program_.string() + ": No such file or directory");
}

TEST_F(LibtorchExec, NotExecutableIsNamed) {
  std::ofstream(program_) << "#!/bin/sh\n";
  write_version(std::string(kThisVersion) + "LibTorch 2.13.0\n");
  EXPECT_EQ(find().problem, program_.string() + ": Permission denied");
}

TEST_F(LibtorchExec, OfAnotherVersionIsRefused) {
  write_program();
  write_version("tsinspect 9.8.7\nLibTorch 2.13.0\n");
  EXPECT_EQ(find().problem,
            program_.string() +
                " is of tsinspect 9.8.7, and this is " TSINSPECT_VERSION);
}

TEST_F(LibtorchExec, TheVersionIsCheckedWhole) {
  write_program();
  write_version("tsinspect " TSINSPECT_VERSION "0\nLibTorch 2.13.0\n");
  EXPECT_THAT(find().problem, HasSubstr("is of tsinspect"));
}

TEST_F(LibtorchExec, WithoutVersionIsRefused) {
  write_program();
  for (const char* text : {"", "\n\n", kThisVersion, "LibTorch 2.13.0\n"}) {
    write_version(text);
    EXPECT_THAT(find().problem, HasSubstr("does not say what it is of"))
        << text;
  }
}

TEST_F(LibtorchExec, ControlCharactersOfTheFileAreEscaped) {
  write_program();
  write_version("tsinspect \x1b[31m\nLibTorch 2.13.0\n");
  EXPECT_THAT(find().problem, HasSubstr("tsinspect \\x1b[31m, and"));
}

}  // namespace
}  // namespace tsinspect::cli
