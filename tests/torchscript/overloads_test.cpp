#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "torchscript/operators.h"

namespace tsinspect::torchscript {
namespace {

// "overload: result" that is chosen for arguments of these types, each
// "type" or "keyword=type"; "none" where none is.
std::string chosen(std::string_view name,
                   const std::vector<std::string>& arguments) {
  TypeTable types;
  OperatorTable table(&types);
  std::vector<ArgumentType> given;
  for (std::string_view text : arguments) {
    size_t equals = text.find('=');
    bool named = equals != text.npos;
    given.push_back({named ? text.substr(0, equals) : "",
                     types.parse(named ? text.substr(equals + 1) : text)});
  }
  Match match = match_overload(table.overloads(name), given, &types);
  std::string result = types[match.result].text;
  if (match.op == nullptr) return "none: " + result;
  return std::string(match.op->overload) + ": " + result;
}

struct Row {
  const char* name;
  std::vector<std::string> arguments;
  const char* chosen;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    std::string call = row.name;
    for (const std::string& argument : row.arguments) call += ", " + argument;
    EXPECT_EQ(chosen(row.name, row.arguments), row.chosen) << call;
  }
}

// As the schemas of nodes in graphs that torch 2.13 compiled have them.
TEST(Overloads, FitTheTypesOfTheArguments) {
  check({
      {"aten::add", {"Tensor", "Tensor"}, "Tensor: Tensor"},
      {"aten::add", {"Tensor", "int"}, "Scalar: Tensor"},
      {"aten::add", {"int", "int"}, "int: int"},
      {"aten::add", {"float", "int"}, "float_int: float"},
      {"aten::add", {"int", "float"}, "int_float: float"},
      {"aten::add", {"complex", "int"}, "complex_int: complex"},
      {"aten::add", {"str", "str"}, "str: str"},
      {"aten::add", {"List[int]", "List[int]"}, "t: List[int]"},
      {"aten::mul", {"List[int]", "int"}, "left_t: List[int]"},
      {"aten::lt", {"int", "float"}, "int_float: bool"},
      {"aten::eq", {"Tensor", "Tensor"}, "Tensor: Tensor"},
      {"aten::eq", {"str", "str"}, "str: bool"},
      {"aten::eq", {"bool", "bool"}, "bool: bool"},
      {"aten::eq", {"List[str]", "List[str]"}, "str_list: bool"},
      {"aten::pow", {"Tensor", "float"}, "Tensor_Scalar: Tensor"},
      {"aten::pow", {"float", "Tensor"}, "Scalar: Tensor"},
      {"aten::pow", {"int", "int"}, "int: float"},
      {"aten::remainder", {"float", "int"}, "float_int: float"},
      {"aten::floordiv", {"int", "int"}, "int: int"},
      {"aten::neg", {"int"}, "int: int"},
      {"aten::neg", {"Tensor"}, ": Tensor"},
      {"aten::len", {"List[int]"}, "t: int"},
      {"aten::len", {"Dict[str, int]"}, "Dict_str: int"},
      {"aten::len", {"str"}, "str: int"},
      {"aten::len", {"Tensor"}, "Tensor: int"},
      {"aten::split", {"Tensor", "int"}, "Tensor: List[Tensor]"},
      {"aten::split", {"Tensor", "List[int]"}, "sizes: List[Tensor]"},
  });
}

TEST(Overloads, HaveDefaultsAndKeywords) {
  check({
      {"aten::add", {"Tensor", "Tensor", "alpha=int"}, "Tensor: Tensor"},
      {"aten::add", {"Tensor", "float", "alpha=int"}, "Scalar: Tensor"},
      {"aten::add", {"other=Tensor", "self=Tensor"}, "Tensor: Tensor"},
      {"aten::add", {"Tensor", "Tensor", "beta=int"}, "none: ?"},
      {"aten::div",
       {"Tensor", "Tensor", "rounding_mode=str"},
       "Tensor_mode: Tensor"},
      {"aten::sum", {"Tensor"}, ": Tensor"},
      {"aten::sum", {"Tensor", "dtype=int"}, ": Tensor"},
      {"aten::sum", {"Tensor", "List[int]", "bool"}, "dim_IntList: Tensor"},
      {"aten::max", {"Tensor"}, ": Tensor"},
      {"aten::max", {"Tensor", "Tensor"}, "other: Tensor"},
      {"aten::max", {"Tensor", "int"}, "dim: Tuple[Tensor, Tensor]"},
      {"aten::conv2d", {"Tensor", "Tensor"}, ": Tensor"},
      {"aten::conv2d", {"Tensor", "Tensor", "padding=str"}, "padding: Tensor"},
      {"aten::to", {"Tensor", "int"}, "dtype: Tensor"},
      {"aten::to", {"Tensor", "Tensor"}, "other: Tensor"},
      {"aten::to", {"Tensor", "Device", "int"}, "device: Tensor"},
  });
}

TEST(Overloads, OfAnyNumberOfArguments) {
  check({
      {"aten::format", {"str", "int", "str", "Tensor"}, ": str"},
      {"aten::format", {"str"}, ": str"},
      {"aten::format", {}, "none: ?"},
  });
}

TEST(Overloads, ConvertWhatLibTorchConverts) {
  check({
      {"aten::select", {"Tensor", "int", "Tensor"}, "int: Tensor"},
      {"aten::zeros", {"Tuple[int, int]"}, ": Tensor"},
      {"aten::zeros", {"List[int]", "dtype=int"}, ": Tensor"},
      {"aten::permute", {"Tensor", "Tuple[int, int]"}, ": Tensor"},
      {"aten::cat", {"Tuple[Tensor, Tensor]"}, ": Tensor"},
      {"aten::ones", {"List[int]", "device=str"}, ": Tensor"},
      {"aten::to", {"Tensor", "str"}, "prim_Device: Tensor"},
  });
}

TEST(Overloads, TakeNoneForOptional) {
  check({
      {"aten::clamp",
       {"Tensor", "NoneType", "Optional[Tensor]"},
       "Tensor: Tensor"},
      {"aten::clamp", {"Tensor", "int", "NoneType"}, ": Tensor"},
      {"aten::clamp", {"Tensor", "float", "float"}, ": Tensor"},
      {"aten::linear", {"Tensor", "Tensor", "NoneType"}, ": Tensor"},
      {"aten::linear", {"Tensor", "Tensor", "Optional[Tensor]"}, ": Tensor"},
      {"aten::linear", {"Tensor", "Optional[Tensor]"}, "none: ?"},
  });
}

TEST(Overloads, BindTypeVariables) {
  check({
      {"aten::__getitem__", {"Dict[str, int]", "str"}, "Dict_str: int"},
      {"aten::__getitem__", {"Dict[int, Tensor]", "int"}, "Dict_int: Tensor"},
      {"aten::__getitem__", {"List[str]", "int"}, "t: str"},
      {"aten::__getitem__", {"str", "int"}, "str: str"},
      {"aten::keys", {"Dict[str, int]"}, "str: List[str]"},
      {"aten::append", {"List[int]", "int"}, "t: List[int]"},
      {"aten::append", {"List[int]", "str"}, "none: ?"},
      {"aten::__contains__", {"List[int]", "int"}, "int_list: bool"},
      {"aten::__contains__", {"Dict[str, int]", "str"}, "str: bool"},
  });
}

TEST(Overloads, OfUnknownTypesStayOpen) {
  check({
      {"aten::add", {"?", "?"}, "none: ?"},
      {"aten::add", {"Tensor", "?"}, "none: Tensor"},
      {"aten::relu", {"?"}, ": Tensor"},
      {"aten::len", {"?"}, "none: int"},
      {"aten::__getitem__", {"List[?]", "int"}, "t: ?"},
  });
}

TEST(Overloads, ThereMayBeNone) {
  check({
      {"aten::add", {}, "none: ?"},
      {"aten::add", {"str", "int"}, "none: ?"},
      {"aten::relu", {"Tensor", "Tensor"}, "none: ?"},
      {"my::op", {"Tensor"}, "none: ?"},
  });
}

}  // namespace
}  // namespace tsinspect::torchscript
