// Checks on the table itself, so that a new row cannot be half-finished.

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "command.h"
#include "program.h"

namespace tsinspect::cli {
namespace {

// What the program prints for these words.
std::string printed(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_program(static_cast<int>(words.size()), argv.data()), kOk);
  return testing::internal::GetCapturedStdout();
}

TEST(Commands, EveryFileIsRegistered) {
  namespace fs = std::filesystem;
  fs::path root = fs::path(__FILE__).parent_path().parent_path().parent_path();
  std::set<std::string> files, rows;
  for (const auto& entry : fs::directory_iterator(root / "cli/commands")) {
    files.insert(entry.path().stem());
  }
  for (const Command& command : commands()) {
    EXPECT_TRUE(rows.insert(command.name).second) << command.name;
  }
  EXPECT_EQ(files, rows);
}

TEST(Commands, SummariesFitTheHelpScreen) {
  for (const Command& command : commands()) {
    std::string summary = command.summary;
    EXPECT_LE(summary.size(), 60u) << command.name;
    EXPECT_FALSE(summary.ends_with('.')) << command.name;
  }
}

TEST(Commands, ExamplesAreOfTheCommand) {
  for (const Command& command : commands()) {
    std::string examples = command.examples;
    EXPECT_TRUE(examples.ends_with('\n')) << command.name;
    EXPECT_NE(examples.find("tsinspect " + std::string(command.name) + " "),
              std::string::npos)
        << command.name;
  }
}

TEST(Commands, OptionsAreDocumentedAndFitTheScreen) {
  for (const Command& command : commands()) {
    Options options;
    command.setup(&options);
    std::set<std::string> names;
    for (const Option& option : options) {
      EXPECT_TRUE(names.insert(option.name).second) << option.name;
      EXPECT_FALSE(option.help.empty()) << command.name << option.name;
      EXPECT_FALSE(option.help.ends_with('.')) << command.name << option.name;
    }
    EXPECT_TRUE(names.contains("--json")) << command.name;
    std::string help = help_text(options);
    for (size_t begin = 0; begin < help.size();) {
      size_t end = help.find('\n', begin);
      EXPECT_LE(end - begin, 80u) << help.substr(begin, end - begin);
      begin = end + 1;
    }
  }
}

TEST(Commands, HelpSaysWhichExecuteTheFile) {
  std::string of_all = printed({"tsinspect", "--help"});
  size_t heading = of_all.find("execute it:");
  for (const Command& command : commands()) {
    std::string name = command.name;
    size_t row = of_all.find("\n  " + name + " ");
    EXPECT_NE(row, std::string::npos) << name;
    EXPECT_EQ(row > heading && heading != std::string::npos,
              command.needs_libtorch)
        << name;
    std::string help = printed({"tsinspect", name, "--help"});
    EXPECT_EQ(help.find("\nNeeds LibTorch") != std::string::npos,
              command.needs_libtorch && !command.only_torchscript)
        << name;
    EXPECT_EQ(
        help.find("\nFor TorchScript needs LibTorch") != std::string::npos,
        command.only_torchscript)
        << name;
    EXPECT_EQ(help.find("executes code from the file") != std::string::npos,
              command.executes())
        << name;
    EXPECT_TRUE(command.needs_libtorch || !command.only_reads) << name;
  }
}

TEST(Commands, AreFoundByName) {
  EXPECT_EQ(find_command("params")->name, std::string("params"));
  EXPECT_EQ(find_command("para"), nullptr);
  EXPECT_EQ(find_command(""), nullptr);
}

}  // namespace
}  // namespace tsinspect::cli
