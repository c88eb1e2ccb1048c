#include "torchscript/operators.h"

#include <gmock/gmock.h>

#include <string>

namespace tsinspect::torchscript {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kTable =
#include "torchscript/operator_table.inc"
    ;

std::vector<std::string_view> lines() {
  std::vector<std::string_view> all;
  for (size_t at = 0; at < kTable.size();) {
    size_t end = kTable.find('\n', at);
    all.push_back(kTable.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

std::string_view name_of(std::string_view line) {
  return line.substr(0, line.find_first_of(".("));
}

std::vector<std::string> overloads(std::string_view name) {
  TypeTable types;
  OperatorTable table(&types);
  std::vector<std::string> all;
  for (const Operator& op : table.overloads(name)) {
    EXPECT_EQ(op.name, name);
    all.emplace_back(op.overload);
  }
  return all;
}

// "Tensor self, Scalar alpha=" with types as annotations, and "*" in front of
// what only a keyword gives.
std::string signature(std::string_view name) {
  TypeTable types;
  OperatorTable table(&types);
  const Operator& op = table.overloads(name)[0];
  std::string text;
  for (const OperatorArgument& argument : op.arguments) {
    if (!text.empty()) text += ", ";
    if (argument.keyword_only) text += '*';
    text += types[argument.type].text + ' ' + std::string(argument.name);
    if (argument.has_default) text += '=';
  }
  if (op.is_vararg) text += text.empty() ? "..." : ", ...";
  text += " ->";
  for (TypeId type : op.returns) text += ' ' + types[type].text;
  return text;
}

TEST(OperatorTable, IsSortedByName) {
  auto all = lines();
  ASSERT_GT(all.size(), 4000U);
  for (size_t i = 1; i < all.size(); ++i) {
    ASSERT_LE(name_of(all[i - 1]), name_of(all[i])) << all[i];
  }
  EXPECT_TRUE(kTable.ends_with('\n'));
}

TEST(OperatorTable, EveryLineParses) {
  TypeTable types;
  OperatorTable table(&types);
  std::vector<std::string> names, found;
  for (std::string_view line : lines()) {
    std::string_view name = name_of(line);
    size_t open = line.find('(');
    std::string full(line.substr(0, open));
    names.push_back(full);
    if (found.size() >= names.size()) continue;  // One of several overloads.
    for (const Operator& op : table.overloads(name)) {
      found.push_back(std::string(op.name) + (op.overload.empty() ? "" : ".") +
                      std::string(op.overload));
      for (const OperatorArgument& argument : op.arguments) {
        EXPECT_FALSE(argument.name.empty()) << line;
        EXPECT_NE(argument.type, type_id(TypeKind::kUnknown)) << line;
      }
      for (TypeId type : op.returns) {
        bool any = line.ends_with("->...");
        EXPECT_EQ(type == type_id(TypeKind::kUnknown), any) << line;
      }
    }
  }
  EXPECT_EQ(names, found);
}

TEST(OperatorTable, FindsTheFirstAndTheLast) {
  auto all = lines();
  EXPECT_THAT(overloads(name_of(all.front())), testing::Not(IsEmpty()));
  EXPECT_THAT(overloads(name_of(all.back())), testing::Not(IsEmpty()));
}

TEST(OperatorTable, FindsNothingForOtherNames) {
  for (const char* name : {"", "a", "aten", "aten::", "aten::ad", "aten::addx",
                           "~", "zzz::zzz", "aten::add.Tensor", "\n"}) {
    EXPECT_THAT(overloads(name), IsEmpty()) << name;
  }
}

// Those of LibTorch's own come first, in the order of their registration.
TEST(OperatorTable, OverloadsStandInLibTorchsOrder) {
  auto add = overloads("aten::add");
  ASSERT_GE(add.size(), 9U);
  EXPECT_EQ(add[0], "Tensor");
  EXPECT_EQ(add[1], "Scalar");
  auto at = [&](const char* name) { return std::ranges::find(add, name); };
  EXPECT_LT(at("Scalar"), at("out"));
  EXPECT_LT(at("t"), at("str"));
  EXPECT_LT(at("int"), at("float"));
  EXPECT_EQ(at("no such"), add.end());
}

TEST(OperatorTable, ReadsArguments) {
  EXPECT_EQ(signature("aten::add"),
            "Tensor self, Tensor other, *number alpha= -> Tensor");
  EXPECT_EQ(signature("aten::format"), "str self, ... -> str");
  EXPECT_EQ(signature("prim::RaiseException"),
            "str msg, Optional[str] cls= ->");
  EXPECT_EQ(signature("aten::batch_norm"),
            "Tensor input, Optional[Tensor] weight, Optional[Tensor] bias, "
            "Optional[Tensor] running_mean, Optional[Tensor] running_var, bool "
            "training, float momentum, float eps, bool cudnn_enabled -> "
            "Tensor");
}

TEST(OperatorTable, OwnOperatorsAreThoseOfLibTorch) {
  for (const char* name : {"aten::add", "aten::long_gone", "prim::If",
                           "quantized::linear", "sparse::qlinear_unpack"}) {
    EXPECT_TRUE(is_own_operator(name)) << name;
  }
  for (const char* name : {"", "my::op", "atenx::add", "sparse::other",
                           "torchvision::nms", "aten", "add"}) {
    EXPECT_FALSE(is_own_operator(name)) << name;
  }
}

}  // namespace
}  // namespace tsinspect::torchscript
