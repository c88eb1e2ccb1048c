#include "base/json.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using ::testing::HasSubstr;
using ::testing::StrEq;

// Writes the events down.
class Recorder : public JsonHandler {
 public:
  std::string log;

  void begin_object(uint32_t depth) override { add("{", depth); }
  void end_object(uint32_t depth) override { add("}", depth); }
  void begin_array(uint32_t depth) override { add("[", depth); }
  void end_array(uint32_t depth) override { add("]", depth); }
  void key(uint32_t depth, std::string_view text) override {
    add(fmt::format("key({})", text), depth);
  }
  void string(uint32_t depth, std::string_view text) override {
    add(fmt::format("string({})", text), depth);
    last = text;
  }
  void integer(uint32_t depth, int64_t value) override {
    add(fmt::format("integer({})", value), depth);
  }
  void number(uint32_t depth, double value) override {
    add(fmt::format("number({})", value), depth);
  }
  void boolean(uint32_t depth, bool value) override {
    add(value ? "true" : "false", depth);
  }
  void null(uint32_t depth) override { add("null", depth); }

  std::string_view last;

 private:
  void add(std::string_view event, uint32_t depth) {
    log += fmt::format("{}{}@{}", log.empty() ? "" : " ", event, depth);
  }
};

std::string events(std::string_view text) {
  Recorder recorder;
  read_json(text, "header", 8, &recorder);
  return recorder.log;
}

TEST(Json, GivesValuesInOrder) {
  EXPECT_THAT(events(R"( {"a": [1, -2.5, "x"], "b": {}, "c": null} )"),
              StrEq("{@0 key(a)@1 [@1 integer(1)@2 number(-2.5)@2 string(x)@2 "
                    "]@1 key(b)@1 {@1 }@1 key(c)@1 null@1 }@0"));
  EXPECT_THAT(events("[true, false]"), StrEq("[@0 true@1 false@1 ]@0"));
}

TEST(Json, UnescapesText) {
  EXPECT_THAT(events(R"(["\u0041\n\ud83d\ude00"])"),
              StrEq("[@0 string(A\n😀)@1 ]@0"));
}

TEST(Json, GivesIntegersBeyondInt64AsNumbers) {
  EXPECT_THAT(events("[9223372036854775807, 9223372036854775808]"),
              StrEq("[@0 integer(9223372036854775807)@1 "
                    "number(9.223372036854776e+18)@1 ]@0"));
}

TEST(Json, TextWithoutEscapesViewsIntoTheSource) {
  std::string text = R"(["plain"])";
  for (uint64_t readable_behind : {0, 64}) {
    std::string source = text + std::string(readable_behind, 'x');
    Recorder recorder;
    read_json(std::string_view(source).substr(0, text.size()), "header", 0,
              &recorder, readable_behind);
    EXPECT_EQ(recorder.last.data(), source.data() + 2);
  }
}

class BadJson : public ::testing::TestWithParam<std::string_view> {};

TEST_P(BadJson, IsMalformed) {
  for (size_t readable_behind : {0, 64}) {
    std::string source(GetParam());
    source.append(readable_behind, ' ');
    Recorder recorder;
    try {
      read_json(std::string_view(source).substr(0, GetParam().size()), "header",
                8, &recorder, readable_behind);
      FAIL() << recorder.log;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
      EXPECT_GE(error.offset(), 8u);
      EXPECT_THAT(error.what(), HasSubstr("header is not valid JSON: "));
    }
  }
}

using namespace std::string_view_literals;

INSTANTIATE_TEST_SUITE_P(
    , BadJson,
    ::testing::Values(""sv, "  "sv, "{"sv, "}"sv, "5"sv, "\"a\""sv, "null"sv,
                      "[1 2]"sv, "[1,]"sv, "[,]"sv, "[1"sv, "[[1]"sv, "[1]]"sv,
                      "{\"a\" 1}"sv, "{\"a\":}"sv, "{1:2}"sv, "{\"a\":1,}"sv,
                      "{\"a\":1 \"b\":2}"sv, "[tru]"sv, "[nul]"sv, "[nullx]"sv,
                      "[01]"sv, "[1e400]"sv, "[+1]"sv, "[.5]"sv, "[NaN]"sv,
                      "[123456789012345678901]"sv, "['a']"sv, "[\"a]"sv,
                      "[\"\\x\"]"sv, "[\"\\ud83d\"]"sv, "[\"a\nb\"]"sv,
                      "[\"\x01\"]"sv, "[\"\xff\"]"sv, "{} x"sv, "{}\0"sv,
                      "\xef\xbb\xbf{}"sv, "[1]\xff"sv));

TEST(Json, RefusesDeepNesting) {
  EXPECT_NO_THROW(events(std::string(64, '[') + std::string(64, ']')));
  EXPECT_THROW(events(std::string(65, '[') + std::string(65, ']')), Error);
  EXPECT_THROW(events(std::string(1'000'000, '[')), Error);
}

}  // namespace
}  // namespace tsinspect
