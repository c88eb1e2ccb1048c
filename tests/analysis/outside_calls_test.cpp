#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>

#include "support/script_archive.h"
#include "tsinspect/program.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// "aten::save in Net.forward, at load" of each call.
std::vector<std::string> call_lines(const Model& model) {
  std::vector<std::string> lines;
  for (const OutsideCall& call : outside_calls(model)) {
    std::string in = call.use.function;
    if (in.starts_with("__torch__.")) in.erase(0, 10);
    lines.push_back(call.name + (in.empty() ? "" : " in " + in) +
                    (call.at_load ? ", at load" : ""));
  }
  return lines;
}

constexpr const char* kNet =
    "class Net(Module):\n"
    "  __parameters__ = []\n"
    "  __buffers__ = []\n"
    "  sub : __torch__.Sub\n"
    "  any : __torch__.Any\n";
constexpr const char* kSub =
    "class Sub(Module):\n"
    "  __parameters__ = []\n"
    "  __buffers__ = []\n"
    "  def run(self: __torch__.Sub, x: Tensor) -> Tensor:\n"
    "    torch.save(x, \"f\")\n"
    "    return x\n"
    "class Any(ModuleInterface):\n"
    "  def run(self: __torch__.Any, x: Tensor) -> Tensor:\n"
    "    pass\n"
    "def helper(x: Tensor) -> Tensor:\n"
    "  torch.save(x, \"f\")\n"
    "  return x\n";

// Calls of a module with these methods, each "signature: statement", beside
// classes whose methods write files.
std::vector<std::string> calls(
    const std::vector<std::pair<std::string, std::string>>& methods,
    const std::string& more = kSub) {
  std::string source = kNet;
  for (const auto& [signature, statement] : methods) {
    source += "  def " + signature + ":\n    " + statement + '\n';
  }
  return call_lines(script_model(script_object("Net"), source + more));
}

constexpr const char* kForward =
    "forward(self: __torch__.Net, x: Tensor) -> Tensor";
constexpr const char* kSetState =
    "__setstate__(self: __torch__.Net, x: Tensor) -> NoneType";

TEST(OutsideCalls, AreNoneInABenignModel) {
  EXPECT_THAT(calls({{kForward, "return torch.relu(x)"},
                     {kSetState, "self.x = torch.to(x, 5)"}},
                    ""),
              IsEmpty());
}

TEST(OutsideCalls, TellWhatReachesOutside) {
  for (const char* call :
       {"torch.save(x, \"f\")", "torch.from_file(\"f\")",
        "rpc_sync(\"w\", __torch__.f, (x,))", "rpc_async(\"w\", __torch__.f)",
        "rpc_remote(\"w\", __torch__.f)", "ops.my.op(x)",
        "__torch__.torch.classes.my.Thing(x)"}) {
    auto all = calls({{kForward, call}}, "");
    ASSERT_EQ(all.size(), 1U) << call;
    EXPECT_TRUE(all[0].ends_with(" in Net.forward")) << all[0];
  }
}

TEST(OutsideCalls, SayWhyAndWhere) {
  Model model = script_model(
      script_object("Net"),
      std::string(kNet) + "  def forward(self, x: Tensor) -> Tensor:\n" +
          "    return torch.relu(torch.from_file(\"f\"))\n");
  auto all = outside_calls(model);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].name, "aten::from_file");
  EXPECT_EQ(all[0].reason, "reads or creates a file");
  EXPECT_FALSE(all[0].at_load);
  EXPECT_EQ(all[0].use.place.record, "net/code/__torch__.py");
}

TEST(OutsideCalls, WhatOnlyRunsIsNotAtLoad) {
  EXPECT_THAT(calls({{kForward, "return (self.sub).run(x)"}}),
              ElementsAre("aten::save in Sub.run", "aten::save in helper"));
}

// Whatever way leads there from __setstate__.
TEST(OutsideCalls, AtLoadAreThoseThatSetstateReaches) {
  for (const char* statement : {
           "(self.sub).run(x)",
           "(self.any).run(x)",
           "(self.sub.unknown).run(x)",
           "unchecked_cast(__torch__.What, x).run(x)",
           "m = self.sub\n    (m).run(x)",
           "m = self.sub.run\n    m(x)",
           "m = (x).other.run\n    fork(m, x)",
           "fork(self.sub.run, x)",
           "__torch__.Maker(self.sub)",
           "(__torch__.Maker(self.sub)).go(x)",
       }) {
    EXPECT_THAT(
        calls({{kSetState, statement}},
              std::string(kSub) +
                  "class Maker(object):\n"
                  "  def __init__(self: __torch__.Maker, s: __torch__.Sub) -> "
                  "NoneType:\n"
                  "    (s).run(torch.zeros([1]))\n"
                  "  def go(self: __torch__.Maker, x: Tensor) -> Tensor:\n"
                  "    return x\n"),
        testing::Contains("aten::save in Sub.run, at load"))
        << statement;
  }
  for (const char* statement : {
           "__torch__.helper(x)",
           "h = __torch__.helper\n    h(x)",
           "fork(__torch__.helper, x)",
           "fork(h=1, f=__torch__.helper)",
       }) {
    EXPECT_THAT(calls({{kSetState, statement}}),
                testing::Contains("aten::save in helper, at load"))
        << statement;
  }
}

TEST(OutsideCalls, AtLoadAreMethodsThatOperatorsStandFor) {
  EXPECT_THAT(
      calls({{kSetState, "_0 = self.sub + self.sub"},
             {"__add__(self: __torch__.Net, o: __torch__.Net) -> Tensor",
              "torch.save(1, \"f\")"}},
            ""),
      ElementsAre("aten::save in Net.__add__, at load"));
}

TEST(OutsideCalls, AtLoadAreDefaultsAndConstantsOfClasses) {
  EXPECT_THAT(calls({{"forward(self, n: str=str(torch.save(1, \"f\"))) -> str",
                      "return n"}},
                    ""),
              ElementsAre("aten::save in Net.forward, at load"));
  EXPECT_THAT(calls({},
                    "class D(Module):\n"
                    "  k : Final[str] = str(torch.save(1, \"f\"))\n"),
              ElementsAre("aten::save in D, at load"));
  EXPECT_THAT(calls({{"forward(self, n: Tensor=__torch__.helper(1)) -> str",
                      "return n"}}),
              testing::Contains("aten::save in helper, at load"));
}

TEST(OutsideCalls, WhatCannotBeReadMayDoAnything) {
  EXPECT_THAT(calls({{kForward, "a b"}}, ""),
              ElementsAre("__torch__.Net.forward, at load"));
  EXPECT_THAT(calls({}, "class (:\n"),
              ElementsAre("net/code/__torch__.py, at load"));
}

TEST(OutsideCalls, SourceIsFoundWhateverItsCase) {
  Model model =
      opened(build_zip({{"net/data.pkl", pkl::pickle(script_object("Net"))},
                        {"net/CODE/__Torch__.PY", std::string(kNet) + kSub},
                        {"net/constants.pkl", pkl::pickle(")")},
                        {"net/version", "10\n"}}));
  EXPECT_EQ(call_lines(model).size(), 2U);
}

TEST(OutsideCalls, ACustomClassInAPickleIsMadeAtLoad) {
  auto classes = [](const char* name) {
    return call_lines(script_model(
        script_object("Net", {{"a", pkl::global(name) + ")\x81"}}), kNet));
  };
  EXPECT_THAT(classes("__torch__.torch.classes.my.Thing"),
              ElementsAre("__torch__.torch.classes.my.Thing, at load"));
  EXPECT_THAT(
      classes("__torch__.torch.classes.quantized.LinearPackedParamsBase"),
      IsEmpty());
}

// Bytecode of one function that runs an operator.
Model mobile(const char* function, const char* op) {
  auto pair = [](const char* name, const pkl::Code& value) {
    return pkl::tuple({pkl::text(name), value});
  };
  pkl::Code code = pkl::tuple(
      {pair(
           "instructions",
           pkl::tuple(
               {pkl::tuple(
                    {pkl::text("STOREN"), pkl::integer(0), pkl::integer(2)}),
                pkl::tuple({pkl::text("OP"), pkl::integer(0), pkl::integer(0)}),
                pkl::tuple({pkl::text("OP"), pkl::integer(7), pkl::integer(0)}),
                pkl::tuple(
                    {pkl::text("OP"), pkl::integer(-1), pkl::integer(0)})})),
       pair("operators",
            pkl::tuple({pkl::tuple({pkl::text(op), pkl::text("x")})}))});
  return opened(build_zip(
      {{"net/data.pkl", pkl::pickle(script_object("Net"))},
       {"net/bytecode.pkl",
        pkl::pickle(pkl::tuple(
            {pkl::integer(8), pkl::tuple({pkl::text(function), code})}))},
       {"net/code/__torch__.py", kNet},
       {"net/constants.pkl", pkl::pickle(")")},
       {"net/version", "10\n"}}));
}

TEST(OutsideCalls, AreFoundInBytecode) {
  EXPECT_THAT(call_lines(mobile("__torch__.Net.forward", "aten::save")),
              ElementsAre("aten::save in Net.forward"));
  EXPECT_THAT(call_lines(mobile("__torch__.Net.__setstate__", "my::op")),
              ElementsAre("my::op in Net.__setstate__, at load"));
  EXPECT_THAT(call_lines(mobile("__torch__.Net.forward", "aten::relu")),
              IsEmpty());
}

TEST(Operators, OfBytecodeAreCountedByOverload) {
  Model model = mobile("__torch__.Net.forward", "aten::relu");
  auto all = bytecode_operators(model);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].name, "aten::relu");
  EXPECT_EQ(all[0].overload, "x");
  ASSERT_EQ(all[0].uses.size(), 1U);
  EXPECT_EQ(all[0].uses[0].place.record, "net/bytecode.pkl");
  EXPECT_EQ(all[0].uses[0].place.offset, 1U);
}

std::vector<std::string> operator_lines(const std::string& body) {
  Model model = script_model(
      script_object("Net"),
      std::string(kNet) + "  def forward(self, x: Tensor) -> Tensor:\n" + body);
  std::vector<std::string> lines;
  for (const OperatorCount& row : operators(model)) {
    lines.push_back(fmt::format("{}.{} {} {}", row.name,
                                row.overload.value_or("?"), to_string(row.kind),
                                row.uses.size()));
  }
  return lines;
}

TEST(Operators, AreCountedWhereTheyAreWritten) {
  EXPECT_THAT(operator_lines("    for i in range(3):\n"
                             "      x = torch.add(x, 1)\n"
                             "      x = torch.add(x, ops.my.op(x))\n"
                             "      x = torch.add(x, x)\n"
                             "    a, b = (self).two(x)\n"
                             "    return torch.add(x, 2)\n"),
              ElementsAre("aten::add.? builtin 1", "aten::add.Scalar builtin 2",
                          "aten::add.Tensor builtin 1", "my::op.? custom 1",
                          "prim::Loop. control-flow 1"));
}

TEST(Operators, WhatCannotBeReadIsAFinding) {
  Model model = script_model(script_object("Net"),
                             std::string(kNet) + "  def f(self):\n    a b\n");
  ProgramSummary summary = summarize_program(model);
  EXPECT_THAT(summary.operators, IsEmpty());
  ASSERT_EQ(summary.findings.size(), 1U);
  EXPECT_EQ(summary.findings[0].where, "__torch__.Net.f");
}

}  // namespace
}  // namespace tsinspect
