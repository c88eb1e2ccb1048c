#include "render/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "captured.h"

namespace tsinspect::cli {
namespace {

template <typename T>
std::string json_of(const T& value) {
  return captured([&](Output& out) { Json(out).value(value); });
}

TEST(Json, IsCompact) {
  std::string text = captured([](Output& out) {
    Json json(out);
    json.begin_object();
    json.member("a", 1);
    json.key("b");
    json.begin_array();
    json.value(true);
    json.null();
    json.begin_object();
    json.end_object();
    json.end_array();
    json.member("c", "d");
    json.end_object();
  });
  EXPECT_EQ(text, R"({"a":1,"b":[true,null,{}],"c":"d"})");
}

TEST(Json, EscapesText) {
  EXPECT_EQ(json_of("plain [0]"), R"("plain [0]")");
  EXPECT_EQ(json_of("a\"b\\c\n\x1b"), R"("a\"b\\c\n\u001b")");
  EXPECT_EQ(json_of(std::string("a\0b", 3)), R"("a\u0000b")");
}

TEST(Json, KeepsTerminalsSafe) {
  EXPECT_EQ(json_of("é\u202e\x7f"), R"("\u00e9\u202e\u007f")");
  EXPECT_EQ(json_of("😀"), R"("\ud83d\ude00")");
}

TEST(Json, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(json_of("a\xff"
                    "b"),
            R"("a\ufffdb")");
  EXPECT_EQ(json_of("\xed\xa0\x80").find("\\ud800"), std::string::npos);
}

TEST(Json, WritesNumbersThatReadBackTheSame) {
  EXPECT_EQ(json_of(0.1), "0.1");
  EXPECT_EQ(json_of(1e300), "1e+300");
  EXPECT_EQ(json_of(5e-324), "5e-324");
  EXPECT_EQ(json_of(-0.0), "-0");
  EXPECT_EQ(json_of(UINT64_MAX), "18446744073709551615");
  EXPECT_EQ(json_of(INT64_MIN), "-9223372036854775808");
  EXPECT_EQ(json_of(uint8_t{7}), "7");
}

TEST(Json, WritesWhatIsNoNumberAsText) {
  EXPECT_EQ(json_of(std::nan("")), R"("nan")");
  EXPECT_EQ(json_of(INFINITY), R"("inf")");
  EXPECT_EQ(json_of(-INFINITY), R"("-inf")");
}

TEST(Json, ClosesWhatAnErrorLeftOpen) {
  std::string text = captured([](Output& out) {
    Json json(out);
    json.begin_object();
    json.key("list");
    json.begin_array();
    json.begin_object();
    json.key("half");
    json.close_to(1);
    json.member("error", "x");
    json.end_object();
  });
  EXPECT_EQ(text, R"({"list":[{"half":null}],"error":"x"})");
}

}  // namespace
}  // namespace tsinspect::cli
