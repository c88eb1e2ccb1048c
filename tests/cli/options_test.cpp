#include "options.h"

#include <gtest/gtest.h>

namespace tsinspect::cli {
namespace {

struct Values {
  std::vector<std::string> files;
  std::vector<std::string> filter;
  std::string sort;
  std::optional<uint64_t> top;
  bool json = false;

  bool parse(std::vector<std::string> args) {
    return parse_options({{.name = "FILE",
                           .value = "",
                           .help = "a file",
                           .target = &files,
                           .required = true},
                          {"--filter", "GLOB", "names", &filter},
                          {.name = "--sort",
                           .value = "KEY",
                           .help = "order",
                           .target = &sort,
                           .choices = {"name", "-name"}},
                          {"--top", "N", "some", &top},
                          {"--json", "", "JSON", &json}},
                         std::move(args));
  }
};

std::string usage_error(std::vector<std::string> args) {
  Values values;
  try {
    values.parse(std::move(args));
  } catch (const UsageError& error) {
    return error.message;
  }
  return "none";
}

TEST(Options, FillTheirTargets) {
  Values values;
  EXPECT_TRUE(values.parse({"a.pt", "--top", "3", "b.pt", "--json"}));
  EXPECT_EQ(values.files, (std::vector<std::string>{"a.pt", "b.pt"}));
  EXPECT_EQ(values.top, 3u);
  EXPECT_TRUE(values.json);
  EXPECT_EQ(values.sort, "");
}

TEST(Options, RepeatableOnesTakeOneValueEach) {
  Values values;
  values.parse({"--filter", "x*", "a.pt", "--filter", "!y"});
  EXPECT_EQ(values.filter, (std::vector<std::string>{"x*", "!y"}));
  EXPECT_EQ(values.files, (std::vector<std::string>{"a.pt"}));
}

TEST(Options, TakeBracketsLiterally) {
  Values values;
  values.parse({"--filter", "[a,b]", "[c,d]"});
  EXPECT_EQ(values.filter, (std::vector<std::string>{"[a,b]"}));
  EXPECT_EQ(values.files, (std::vector<std::string>{"[c,d]"}));
}

TEST(Options, TakeAValueThatBeginsWithADash) {
  Values values;
  values.parse({"a.pt", "--sort", "-name"});
  EXPECT_EQ(values.sort, "-name");
}

TEST(Options, AfterTwoDashesAreFiles) {
  Values values;
  values.parse({"--", "--json"});
  EXPECT_EQ(values.files, (std::vector<std::string>{"--json"}));
}

TEST(Options, HelpIsNotAnError) {
  Values values;
  EXPECT_FALSE(values.parse({"--help"}));
}

TEST(Options, SayWhatIsWrong) {
  EXPECT_EQ(usage_error({}), "FILE is required");
  EXPECT_NE(usage_error({"a", "--frob"}).find("--frob"), std::string::npos);
  EXPECT_NE(usage_error({"a", "--top", "x"}).find("--top"), std::string::npos);
  EXPECT_NE(usage_error({"a", "--top", "-1"}).find("--top"), std::string::npos);
  EXPECT_NE(usage_error({"a", "--sort", "x"}).find("--sort"),
            std::string::npos);
  EXPECT_EQ(usage_error({"a", "--frob"}).find('\n'), std::string::npos);
}

}  // namespace
}  // namespace tsinspect::cli
