#include "libtorch/input_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/expect_error.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using Kind = InputValue::Kind;

InputValue value_of(std::string_view text) { return parse_input(text).value; }

std::string message_of(std::string_view text) {
  try {
    parse_input(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
    return error.what();
  }
  return "no error";
}

TEST(InputSpec, Scalars) {
  EXPECT_EQ(value_of("None").kind, Kind::kNone);
  EXPECT_EQ(value_of("true").kind, Kind::kBool);
  EXPECT_EQ(value_of("True").integer, 1);
  EXPECT_EQ(value_of("False").integer, 0);
  EXPECT_EQ(value_of("3").kind, Kind::kInt);
  EXPECT_EQ(value_of(" -9223372036854775808 ").integer, INT64_MIN);
  EXPECT_EQ(value_of("0.5").kind, Kind::kFloat);
  EXPECT_EQ(value_of("-1e3").number, -1000);
  EXPECT_EQ(value_of("9223372036854775808").number, 9223372036854775808.0);
  EXPECT_EQ(value_of("-inf").number, -HUGE_VAL);
  EXPECT_TRUE(std::isnan(value_of("nan").number));
}

TEST(InputSpec, Strings) {
  EXPECT_EQ(value_of("\"abc\"").text, "abc");
  EXPECT_EQ(value_of("'a,\"b'").text, "a,\"b");
  EXPECT_EQ(value_of(R"("a\n\t\\\"b")").text, "a\n\t\\\"b");
  EXPECT_EQ(value_of("'x.npy'").kind, Kind::kString);
}

TEST(InputSpec, Containers) {
  InputValue list = value_of("[rand(2), 3, [],]");
  EXPECT_EQ(list.kind, Kind::kList);
  ASSERT_EQ(list.items.size(), 3u);
  EXPECT_EQ(list.items[0].text, "rand");
  EXPECT_EQ(value_of("(1, 2)").kind, Kind::kTuple);
  EXPECT_EQ(value_of("(1,)").items.size(), 1u);
  EXPECT_EQ(value_of("()").items.size(), 0u);
  EXPECT_EQ(value_of("(1)").kind, Kind::kInt);
  EXPECT_EQ(value_of("([1,],)").kind, Kind::kTuple);
  InputValue dict = value_of("{'a': rand(2), 'b': x.npy}");
  EXPECT_EQ(dict.kind, Kind::kDict);
  ASSERT_EQ(dict.items.size(), 4u);
  EXPECT_EQ(dict.items[3].kind, Kind::kFile);
}

TEST(InputSpec, TensorsHaveADType) {
  InputValue call = value_of("rand(1, 3):float16");
  EXPECT_EQ(call.kind, Kind::kCall);
  EXPECT_EQ(call.items.size(), 2u);
  EXPECT_EQ(call.dtype, DType::kFloat16);
  EXPECT_EQ(value_of("arange(10) : int32").dtype, DType::kInt32);
  EXPECT_EQ(value_of("[1, 2]:float64").dtype, DType::kFloat64);
  EXPECT_EQ(value_of("x.npy:half").dtype, DType::kFloat16);
  EXPECT_EQ(value_of("[x.npy:int8]").items[0].dtype, DType::kInt8);
  EXPECT_EQ(value_of("{1: rand(2):int8}").items[1].dtype, DType::kInt8);
  EXPECT_EQ(value_of("rand(2)").dtype, std::nullopt);
}

TEST(InputSpec, NamesAndFiles) {
  InputSpec spec = parse_input("mask=zeros(2)");
  EXPECT_EQ(spec.name, "mask");
  EXPECT_EQ(spec.value.kind, Kind::kCall);
  spec = parse_input("x=a b, (1).npy");
  EXPECT_EQ(spec.name, "x");
  EXPECT_EQ(spec.value.text, "a b, (1).npy");
  EXPECT_EQ(parse_input("./a=b.npy").name, "");
  EXPECT_EQ(parse_input("./a=b.npy").value.text, "./a=b.npy");
  EXPECT_EQ(parse_input("c:/x.npz").value.text, "c:/x.npz");
}

TEST(InputSpec, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(message_of("rand(1"),
            "input 'rand(1': ',' or ')' is missing, at column 7");
  EXPECT_EQ(message_of("x.npx"),
            "input 'x.npx': 'x.npx' is no value, and no file of tensors "
            "(.npy, …), at column 1");
  EXPECT_EQ(message_of("ran(1)"),
            "input 'ran(1)': 'ran' is none of the functions rand, randn, "
            "zeros, ones, full, arange, randint, at column 1");
  EXPECT_EQ(message_of("rand(1):f99"),
            "input 'rand(1):f99': 'f99' is no dtype of torch's, at column 9");
  EXPECT_EQ(message_of("1 2"),
            "input '1 2': nothing may follow the value, at column 3");
}

TEST(InputSpec, HostileTextIsAnError) {
  for (const char* text :
       {"",         " ",         "=",       "x=",       "[",       "]",
        "[1",       "[1 2]",     "[,]",     "(",        "{",       "{1}",
        "{1:",      "{1:2",      "{1:2 3}", "'",        "'a",      "'a\\",
        "'\\q'",    "\"a'",      "-",       ".",        "--1",     "1.2.3",
        "0x10",     "1e",        "rand",    "rand(",    "rand(,)", "rand(1))",
        "rand(1):", "None:int8", "x.npy y", "\x1b[31m", "a==1",    "\xff\xfe",
        "1_000",    "[1:int8]"}) {
    std::string message = message_of(text);
    EXPECT_NE(message, "no error") << text;
    EXPECT_EQ(message.find('\n'), message.npos) << text;
    EXPECT_EQ(message.find('\x1b'), message.npos) << text;
  }
}

TEST(InputSpec, NestingHasAnEnd) {
  EXPECT_EQ(value_of(std::string(30, '[') + std::string(30, ']')).kind,
            Kind::kList);
  for (char c : {'[', '(', '{'}) {
    EXPECT_NE(message_of(std::string(100000, c)), "no error");
  }
}

TEST(InputSpec, EveryPrefixIsAValueOrAnError) {
  std::string text = "x=[rand(2, 3):float16, {'a': (1, None), \"b\": x.npy}]";
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_NE(message_of(text.substr(0, size)), "no error") << size;
  }
  EXPECT_EQ(message_of(text), "no error");
}

}  // namespace
}  // namespace tsinspect
