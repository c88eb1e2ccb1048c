// The whole report of `diff` on pairs of small files.

#include "render/diff.h"

#include <gmock/gmock.h>

#include <bit>

#include "captured.h"
#include "command.h"
#include "support/memory_file.h"

namespace tsinspect::cli {
namespace {

// A safetensors file of one tensor `w` of `count` elements.
template <typename T>
std::string file_of_w(const char* dtype, const std::vector<T>& values) {
  size_t bytes = values.size() * sizeof(T);
  std::string header = fmt::format(
      R"({{"w":{{"dtype":"{}","shape":[{}],"data_offsets":[0,{}]}}}})", dtype,
      values.size(), bytes);
  uint64_t size = header.size();
  return std::string(reinterpret_cast<const char*>(&size), 8) + header +
         std::string(reinterpret_cast<const char*>(values.data()), bytes);
}

struct Told {
  std::string text;
  int status;
};

Told diff_of(const std::string& a, const std::string& b,
             std::vector<std::string> more = {}) {
  hostile::MemoryFile file_a(a), file_b(b);
  Told told;
  told.text = captured([&](Output& out) {
    Options options;
    Action action = find_command("diff")->setup(&options);
    std::vector<std::string> args = {file_a.path(), file_b.path()};
    args.insert(args.end(), more.begin(), more.end());
    ASSERT_TRUE(parse_options(options, args));
    told.status = action(out);
  });
  return told;
}

TEST(DiffCommand, OneFlippedBit) {
  std::vector<float> a(1000, 0.5f), b = a;
  b[789] = std::bit_cast<float>(std::bit_cast<uint32_t>(b[789]) ^ 1u << 22);
  Told told = diff_of(file_of_w("F32", a), file_of_w("F32", b));
  EXPECT_EQ(told.text,
            "differs: 1 changed; 0 tensors equal\n"
            "name  change  max abs  SQNR dB  differ  largest at\n"
            "w     values     0.25       36   0.1 %  [789]: 0.5 → 0.75\n");
  EXPECT_EQ(told.status, kNo);
}

TEST(DiffCommand, ACastSaysWhatItIsComparedIn) {
  std::string a = file_of_w<float>("F32", {1, 1.00390625f});
  std::string b = file_of_w<uint16_t>("BF16", {0x3f80, 0x3f80});
  Told told = diff_of(a, b);
  EXPECT_EQ(told.text,
            "differs: 1 retyped; 0 tensors equal\n"
            "name  change              max abs  SQNR dB  differ  largest at\n"
            "w     float32 → bfloat16  0.00391     51.2  50.0 %  [1]: "
            "1.0039062 → 1\n"
            "values of different dtypes are compared in float64\n");
  EXPECT_EQ(told.status, kNo);
  told = diff_of(a, b, {"--rtol", "0.01"});
  EXPECT_EQ(told.text,
            "same: 1 tensor, 2 elements (1 within tolerance)\n"
            "values of different dtypes are compared in float64\n");
  EXPECT_EQ(told.status, kOk);
}

TEST(DiffCommand, ANaNThatCameIn) {
  std::vector<float> a = {1, 2}, b = {1, NAN};
  EXPECT_EQ(diff_of(file_of_w("F32", a), file_of_w("F32", b)).text,
            "differs: 1 changed; 0 tensors equal\n"
            "name  change  max abs  SQNR dB  differ  largest at\n"
            "w     values      nan      inf  50.0 %  [1]: 2 → nan\n");
}

TEST(DiffCommand, BitsWithoutValueAreANote) {
  std::vector<float> a = {1, 0.0f}, b = {1, -0.0f};
  Told told = diff_of(file_of_w("F32", a), file_of_w("F32", b));
  EXPECT_EQ(told.text,
            "same: 1 tensor, 2 elements\n"
            "equal in value but not in all bits (-0 and 0, or NaNs): 1 tensor, "
            "the first is w at [1]\n");
  EXPECT_EQ(told.status, kOk);
}

TEST(DiffCommand, JsonHasAllMeasures) {
  std::vector<float> a = {3, 4}, b = {3, 5};
  std::string text =
      diff_of(file_of_w("F32", a), file_of_w("F32", b), {"--json"}).text;
  EXPECT_NE(
      text.find(R"("same":false,"added":[],"removed":[],"renamed":[],)"
                R"("relaid":[],"changed":[{"name":"w","change":"value",)"),
      std::string::npos);
  EXPECT_NE(text.find(R"("values":{"elements":2,"different":1,)"
                      R"("beyond_tolerance":1,"nan_in_one":0,"nan_in_both":0,)"
                      R"("max_abs":1,"max_rel":0.25,"mean_abs":0.5,)"),
            std::string::npos);
  EXPECT_NE(
      text.find(R"("at":[1],"a_at":"4","b_at":"5"}}],"derived":[],)"
                R"("absorbed":[],"forms_own_a":[],"forms_own_b":[],"equal":0,)"
                R"("within_tolerance":0,"objects":[],"notes":[],)"
                R"("error":null})"),
      std::string::npos)
      << text;
}

std::string code_text(const CodeDiff& code, bool all = false) {
  Model a, b;
  Diff diff;
  diff.code = code;
  diff.code.compared = true;
  return captured([&](Output& out) { print_code(out, {a, b, diff, all}); });
}

TEST(DiffCommand, CodeOfAFileIsEscaped) {
  CodeDiff code;
  code.compared_methods = 3;
  code.modules = {{"a\x1b[31m", ObjectDiff::Kind::kAdded, "", "T\n"}};
  code.settings = {{"", "s\t", "\"\x1b\"", std::nullopt, false}};
  code.methods = {{"f\r",
                   ObjectDiff::Kind::kChanged,
                   3,
                   {{CodeLine::Kind::kSkipped, ""},
                    {CodeLine::Kind::kAdded, "x = \"\x1b]0;\a\""}}}};
  EXPECT_EQ(code_text(code),
            "modules:\n"
            "  a\\x1b[31m: added T\\n\n"
            "settings:\n"
            "  (root): s\\t \"\\x1b\" → absent\n"
            "code: 1 of 3 methods differs\n"
            "  f\\r and in 2 other modules\n"
            "    …\n"
            "    + x = \"\\x1b]0;\\x07\"\n");
}

TEST(DiffCommand, LongMethodsAreCutUnlessAllIsAskedFor) {
  CodeDiff code;
  code.compared_methods = 1;
  MethodDiff& method = code.methods.emplace_back();
  method.name = "forward";
  method.lines.assign(25, {CodeLine::Kind::kRemoved, "pass"});
  EXPECT_THAT(
      code_text(code),
      testing::EndsWith("    - pass\n    … 5 more; --all prints them\n"));
  EXPECT_THAT(code_text(code, true), testing::EndsWith("    - pass\n"));
  method.lines.clear();
  EXPECT_EQ(code_text(code),
            "code: 1 of 1 method differs\n"
            "  forward: changed, its lines are not compared\n");
}

TEST(DiffCommand, CodeThatIsNotComparedIsNotSpokenOf) {
  CodeDiff code;
  EXPECT_EQ(code_text(code), "");
  code.complete = false;
  code.compared_methods = 7;
  EXPECT_EQ(code_text(code), "");
}

}  // namespace
}  // namespace tsinspect::cli
