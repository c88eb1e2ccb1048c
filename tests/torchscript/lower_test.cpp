#include "torchscript/lower.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "torchscript/lowered.h"

namespace tsinspect::torchscript {
namespace {

using testing::ElementsAre;

struct Row {
  const char* parameters;
  const char* body;
  std::vector<std::string> lines;
};

constexpr const char* kClasses =
    "class C(Module):\n"
    "  __parameters__ = [\"w\"]\n"
    "  __buffers__ = []\n"
    "  w : Tensor\n"
    "  __annotations__[\"0\"] = __torch__.C\n"
    "  n : int\n"
    "  names : Dict[str, Tensor]\n"
    "  def forward(self: __torch__.C, x: Tensor) -> Tensor:\n"
    "    return x\n"
    "  def pair(self: __torch__.C, x: Tensor) -> Tuple[Tensor, int]:\n"
    "    return (x, 1)\n"
    "class Color(Enum):\n"
    "  RED : int = 1\n"
    "class Point(NamedTuple):\n"
    "  x : int\n"
    "  y : Tensor\n"
    "class Box:\n"
    "  v : int\n"
    "  def __init__(self: __torch__.Box, v: int) -> NoneType:\n"
    "    self.v = v\n"
    "def g(x: Tensor, n: int=1) -> List[Tensor]:\n"
    "  return [x]\n";

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    EXPECT_EQ(lowered(row.parameters, row.body, kClasses), row.lines)
        << row.body;
  }
}

TEST(Lower, CallsOfOperators) {
  check({
      {"x: Tensor, y: int",
       "return torch.add(x, y, alpha=2)",
       {"%0 = aten::add.Scalar(x, y, alpha=2): Tensor", "return(%0)"}},
      {"x: Tensor",
       "ops.my.op(x, [1], k=None)",
       {"%0 = prim::ListConstruct(1): List[int]",
        "%1 = my::op.?(x, %0, k=None): ?"}},
      {"x: Tensor", "ops.aten.relu(x)", {"%0 = aten::relu(x): Tensor"}},
      {"x: Tensor",
       "torch.autograd.grad([x], [x])",
       {"%0 = prim::ListConstruct(x): List[Tensor]",
        "%1 = prim::ListConstruct(x): List[Tensor]",
        "%2 = aten::grad(%0, %1): List[Optional[Tensor]]"}},
      {"x: Tensor",
       "torch.cat(*[x])",
       {"%0 = prim::ListConstruct(x): List[Tensor]",
        "%1 = aten::cat(%0): Tensor"}},
      {"x", "x.relu()", {"%0 = aten::relu(x): Tensor"}},  // Is a tensor.
      {"x: str", "x.upper()", {"%0 = aten::upper(x): str"}},
      {"x: int", "print(x)", {"%0 = prim::Print(x): NoneType"}},
  });
}

TEST(Lower, CallsOfTheProgramsOwn) {
  check({
      {"x: Tensor",
       "__torch__.g(x, n=2)",
       {"%0 = call __torch__.g(x, n=2): List[Tensor]"}},
      {"x: Tensor",
       "_0 = __torch__.g\n_0(x)",
       {"%0 = call __torch__.g(x): List[Tensor]"}},
      {"m: __torch__.C, x: Tensor",
       "(m).forward(x, )",
       {"%0 = method forward(m, x): Tensor"}},
      {"m: __torch__.C, x: Tensor",
       "m(x)",
       {"%0 = method forward(m, x): Tensor"}},
      {"m: __torch__.C, x: Tensor",
       "a, b = m.pair(x)",
       {"%0 = method pair(m, x): Tuple[Tensor, int]",
        "%1 = prim::TupleUnpack [0](%0): Tensor", "%2 = [1](%0): int"}},
      {"m: __torch__.C, x: Tensor",
       "p = m.pair\np(x)",
       {"%0 = get pair(m): ?", "%1 = method pair(m, x): Tuple[Tensor, int]"}},
      {"v: int",
       "__torch__.Box(v)",
       {"%0 = new prim::CreateObject(v): __torch__.Box"}},
      {"y: Tensor",
       "__torch__.Point(1, y=y)",
       {"%0 = new prim::TupleConstruct(1, y=y): __torch__.Point"}},
      {"",
       "__torch__.torch.classes.my.T(1)",
       {"%0 = new __torch__.torch.classes.my.T(1): "
        "__torch__.torch.classes.my.T"}},
      {"x: Tensor",
       "_0 = fork(__torch__.g, x)\ntorch.wait(_0)",
       {"prim::fork", "%0 = call __torch__.g(x): Future[List[Tensor]]",
        "%1 = aten::wait(%0): List[Tensor]"}},
      {"x: Tensor",
       "awaitable(__torch__.g, x)",
       {"prim::awaitable", "%0 = call __torch__.g(x): Future[List[Tensor]]"}},
  });
}

TEST(Lower, Attributes) {
  check({
      {"m: __torch__.C", "m.w", {"%0 = get w(m): Tensor"}},
      {"m: __torch__.C", "m.other", {"%0 = get other(m): ?"}},
      {"m: __torch__.C",
       "getattr(m, \"0\").n",
       {"%0 = get 0(m): __torch__.C", "%1 = get n(%0): int"}},
      {"m: __torch__.C, n: int", "m.n = n", {"set n(m, n)"}},
      {"p: __torch__.Point", "p.y", {"%0 = get y(p): Tensor"}},
      {"x: Tensor", "x.dtype", {"%0 = prim::dtype(x): int"}},
      {"",
       "a = __torch__.Color.RED\nreturn a",
       {"return(__torch__.Color.RED)"}},
  });
}

TEST(Lower, Constants) {
  check({
      {"", "torch.relu(CONSTANTS.c0)", {"%0 = aten::relu(c0): Tensor"}},
      {"", "CONSTANTS.c1.n", {"%0 = get n(c1): int"}},
      {"", "return CONSTANTS.c7", {"return(c7)"}},
      {"", "return CONSTANTS.c99999999999", {"return(CONSTANTS.c99999999999)"}},
      {"", "return CONSTANTS.c", {"return(CONSTANTS.c)"}},
      {"", "return CONSTANTS.c0x", {"return(CONSTANTS.c0x)"}},
  });
}

TEST(Lower, Subscripts) {
  check({
      {"t: Tuple[int, Tensor]",
       "(t)[1]",
       {"%0 = prim::TupleIndex [1](t): Tensor"}},
      {"x: Tensor",
       "(x, 1)[0]",
       {"%0 = prim::TupleConstruct(x, 1): Tuple[Tensor, int]",
        "%1 = [0](%0): Tensor"}},
      {"t: Tuple[int, Tensor]", "t[0:1]", {"%0 = slice(t): ?"}},
      {"t: Tuple[int]",
       "t[99999999999]",
       {"%0 = aten::__getitem__.t(t, 99999999999): int"}},
      {"x: List[str]", "x[-1]", {"%0 = aten::__getitem__.t(x, -1): str"}},
      {"x: Dict[str, Tensor]",
       "x[\"a\"]",
       {"%0 = aten::__getitem__.Dict_str(x, \"a\"): Tensor"}},
      {"x: List[int]",
       "x[1:]",
       {"%0 = aten::slice.t(x, 1, 1:, 1:): List[int]"}},
      {"x: str, n: int",
       "x[:n:2]",
       {"%0 = aten::slice.str(x, :n:2, n, 2): str"}},
      {"x: Tensor, m: Tensor",
       "x[0, None, 1:, m]",
       {"%0 = aten::select.?(x, 0): Tensor",
        "%1 = aten::unsqueeze.?(%0, None): Tensor",
        "%2 = aten::slice.Tensor(%1): Tensor",
        "%3 = aten::index.?(%2, m): Tensor"}},
  });
}

TEST(Lower, Assignments) {
  check({
      {"t: Tuple[int, Tuple[str, Tensor]]",
       "a, (b, c) = t\nreturn c",
       {"%0 = prim::TupleUnpack [0](t): int", "%1 = [1](t): Tuple[str, Tensor]",
        "%2 = prim::TupleUnpack [0](%1): str", "%3 = [1](%1): Tensor",
        "return(%3)"}},
      {"x: Tensor",
       "a, b = torch.max(x, 1)",
       {"%0 = aten::max.dim(x, 1): Tuple[Tensor, Tensor]",
        "%1 = [0](%0): Tensor", "%2 = [1](%0): Tensor"}},
      {"l: List[int]", "[a, b] = l", {"%0 = [0](l): int", "%1 = [1](l): int"}},
      {"x: Tensor",
       "y : Optional[Tensor] = x\nreturn y",
       {"%0 = annotate(x): Optional[Tensor]", "return(%0)"}},
      {"d: Dict[str, int]",
       "d[\"a\"] = 1",
       {"%0 = aten::_set_item.str(d, \"a\", 1): NoneType"}},
      {"x: Tensor", "x[0] = 1.", {"%0 = aten::copy_.float(x, 1.): Tensor"}},
      {"x: Tensor, n: int",
       "x += n\nn -= 1\nreturn (x, n)",
       {"%0 = aten::add_.Scalar(x, n): Tensor", "%1 = aten::sub.int(n, 1): int",
        "%2 = prim::TupleConstruct(%0, %1): Tuple[Tensor, int]", "return(%2)"}},
      {"l: List[int]", "del l[0]", {"%0 = aten::Delete.t(l, 0): NoneType"}},
  });
}

TEST(Lower, BranchesJoinWhatTheyAssign) {
  check({
      {"c: bool, x: int, y: int",
       "if c:\n  a = x\nelse:\n  a = y\nreturn a",
       {"prim::If", "%0 = join(x, y): int", "return(%0)"}},
      {"c: bool, x: int, y: int",
       "if c:\n  x = y\nreturn x",
       {"prim::If", "%0 = join(y, x): int", "return(%0)"}},
      {"c: bool, x: int",
       "if c:\n  a = x\nelse:\n  a = x\nreturn a",
       {"prim::If", "return(x)"}},
      {"c: bool, x: int",
       "if c:\n  a = None\nelse:\n  a = x\nreturn a",
       {"prim::If", "%0 = join(None, x): Optional[int]", "return(%0)"}},
      {"c: bool, x: int, y: int, z: int",
       "if c:\n  a = x\nelif c:\n  a = y\nelif c:\n  a = x\nelse:\n  a = z\n"
       "return a",
       {"prim::If", "prim::If", "prim::If", "%0 = join(x, y, z): int",
        "return(%0)"}},
      {"c: Tensor, x: int",
       "if c:\n  if c:\n    x = 1\n  else:\n    pass\nreturn x",
       {"%0 = aten::Bool.Tensor(c): bool", "prim::If",
        "%1 = aten::Bool.Tensor(c): bool", "prim::If", "%2 = join(1, x): int",
        "return(%2)"}},
  });
}

TEST(Lower, LoopsJoinWhatTheyAssignWithWhatWas) {
  check({
      {"x: Tensor",
       "for i in range(3):\n  x = torch.relu(x)\nreturn x",
       {"prim::Loop", "%0 = aten::relu(x): Tensor", "%1 = join(%0, x): Tensor",
        "return(%1)"}},
      {"a: int, b: int",
       "for i in range(a, b, 2):\n  i",
       {"prim::Loop", "%0 = aten::__range_length(a, b, 2): int",
        "%1 = aten::__derive_index(a, a, 2): int"}},
      {"l: List[str]",
       "for s in l:\n  print(s)",
       {"prim::Loop", "%0 = aten::len.t(l): int",
        "%1 = aten::__getitem__.t(l, s): str",
        "%2 = prim::Print(%1): NoneType"}},
      {"t: Tuple[int, int]",
       "for i in t:\n  print(i)",
       {"prim::Loop", "%0 = items(t): int", "%1 = prim::Print(%0): NoneType"}},
      {"n: int",
       "while n < 3:\n  n = n + 1\nreturn n",
       {"prim::Loop", "%0 = aten::lt.int(n, 3): bool",
        "%1 = aten::add.int(n, 1): int", "%2 = join(%1, n): int",
        "return(%2)"}},
  });
}

TEST(Lower, ComprehensionsKeepTheirVariables) {
  check({
      {"l: List[int], i: str",
       "a = [i * 2 for i in l if i > 1]\nreturn i",
       {"prim::Loop", "%0 = aten::len.t(l): int",
        "%1 = aten::__getitem__.t(l, [i * 2 for i in l if i > 1]): int",
        "%2 = aten::gt.int(%1, 1): bool", "prim::If",
        "%3 = aten::mul.int(%1, 2): int",
        "%4 = prim::ListConstruct(%3): List[int]", "return(i)"}},
      {"l: List[str]",
       "return {s: 1 for s in l}",
       {"prim::Loop", "%0 = aten::len.t(l): int",
        "%1 = aten::__getitem__.t(l, {s: 1 for s in l}): str",
        "%2 = prim::DictConstruct(%1, 1): Dict[str, int]", "return(%2)"}},
  });
}

TEST(Lower, Expressions) {
  check({
      {"x: Tensor, c: bool",
       "return x if c else None",
       {"prim::If", "%0 = join(x, None): Optional[Tensor]", "return(%0)"}},
      {"a: int, b: int",
       "return a <= -b",
       {"%0 = aten::neg.int(b): int", "%1 = aten::le.int(a, %0): bool",
        "return(%1)"}},
      {"a: int, l: List[int]",
       "return a not in l",
       {"%0 = aten::__contains__.int_list(l, a): bool",
        "%1 = aten::__not__(%0): bool", "return(%1)"}},
      {"a: bool, b: bool", "return a and b", {"prim::If", "return(a and b)"}},
      {"x: Tensor",
       "return not x",
       {"%0 = aten::Bool.Tensor(x): bool", "%1 = aten::__not__(%0): bool",
        "return(%1)"}},
      {"a: int, x: Tensor",
       "return a ** 2 @ x",
       {"%0 = aten::pow.int(a, 2): float", "%1 = aten::matmul.?(%0, x): ?",
        "return(%1)"}},
      {"",
       "return (1., 2j, 0x1E, \"s\", True, None, inf, -nan)",
       {"%0 = aten::neg.float(nan): float",
        "%1 = prim::TupleConstruct(1., 2j, 0x1E, \"s\", True, None, inf, %0): "
        "Tuple[float, complex, int, str, bool, NoneType, float, float]",
        "return(%1)"}},
      {"",
       "return ([], {}, [None, 1])",
       {"%0 = prim::ListConstruct(): List[Tensor]",
        "%1 = prim::DictConstruct(): Dict[str, Tensor]",
        "%2 = prim::ListConstruct(None, 1): List[Optional[int]]",
        "%3 = prim::TupleConstruct(%0, %1, %2): Tuple[List[Tensor], Dict[str, "
        "Tensor], List[Optional[int]]]",
        "return(%3)"}},
  });
}

TEST(Lower, Conversions) {
  check({
      {"x: Tensor",
       "return int(x)",
       {"%0 = aten::Int.Tensor(x): int", "return(%0)"}},
      {"x: int", "return int(x)", {"return(x)"}},
      {"x: str",
       "return float(x)",
       {"%0 = aten::Float.str(x): float", "return(%0)"}},
      {"x: Tensor",
       "return bool(x)",
       {"%0 = aten::Bool.Tensor(x): bool", "return(%0)"}},
      {"x: Tensor",
       "return annotate(int, x)",
       {"%0 = aten::IntImplicit(x): int", "return(%0)"}},
      {"",
       "return annotate(List[int], [])",
       {"%0 = prim::ListConstruct(): List[Tensor]",
        "%1 = annotate(%0): List[int]", "return(%1)"}},
      {"x: Optional[Tensor]",
       "return unchecked_cast(Tensor, x)",
       {"%0 = prim::unchecked_cast(x): Tensor", "return(%0)"}},
      {"", "return uninitialized(int)", {"return(prim::Uninitialized)"}},
      {"x: Any", "return isinstance(x, int)", {"return(prim::isinstance)"}},
  });
}

TEST(Lower, OtherStatements) {
  check({
      {"c: bool",
       "assert c, \"m\"",
       {"prim::If", "%0 = prim::RaiseException(\"m\"): NoneType"}},
      {"",
       "raise AssertionError(\"m\")",
       {"%0 = call AssertionError(\"m\"): ?",
        "%1 = prim::RaiseException(%0): NoneType"}},
      {"b: __torch__.Box",
       "with b as v:\n  print(v)",
       {"prim::Enter", "%0 = prim::Print(b): NoneType", "prim::Exit"}},
      {"x: Tensor",
       "def h(y: Tensor, n: int=len(\"a\")):\n"
       "  z = torch.relu(y)\n"
       "return z",
       {"%0 = aten::len.str(\"a\"): int", "%1 = aten::relu(y): Tensor",
        "return(z)"}},
  });
}

TEST(Lower, AForkOfAFunctionWithinGivesWhatThatReturns) {
  check({
      {"x: Tensor",
       "def __forked_function():\n"
       "  return torch.relu(x)\n"
       "r = fork(__forked_function)\n"
       "return torch.wait(r)",
       {"%0 = aten::relu(x): Tensor", "prim::fork",
        "%1 = closure(%0): Future[Tensor]", "%2 = aten::wait(%1): Tensor",
        "return(%2)"}},
      {"x: Tensor",
       "def g():\n"
       "  def h():\n"
       "    return x\n"
       "  return 1\n"
       "fork(g)",
       {"prim::fork", "%0 = closure(1): Future[int]"}},
      {"",
       "def g():\n  pass\nfork(g)",
       {"prim::fork", "%0 = closure(?): Future[?]"}},
  });
}

TEST(Lower, MethodsOfModulesWithoutAClass) {
  EXPECT_THAT(lowered_function("op_version_set = 0\n"
                               "def forward(self,\n    x: Tensor) -> Tensor:\n"
                               "  return torch.relu(self.w, x)\n",
                               "__torch__.forward"),
              ElementsAre("%0 = get w(self): ?", "%1 = aten::relu.?(%0, x): ?",
                          "return(%1)"));
}

// LibTorch takes all of these for torch.save.
TEST(Lower, AnOperatorIsFoundByWhateverNameItIsCalled) {
  for (const char* body : {
           "torch.save(x, \"f\")",
           "(torch).save(x, \"f\")",
           "ops.aten.save(x, \"f\")",
           "torch.autograd.save(x, \"f\")",
           "ops.my.autograd.autograd.save(x, \"f\")",
           "getattr(torch, \"save\")(x, \"f\")",
           "getattr(getattr(ops, \"aten\"), \"save\")(x, \"f\")",
           "t = torch\nt.save(x, \"f\")",
           "t = torch.autograd\nt.save(x, \"f\")",
           "t = torch\nu = t.autograd\nt = u.autograd\nt.save(x, \"f\")",
           "t = torch.save\nt(x, \"f\")",
           "o = ops\no.aten.save(x, \"f\")",
           "o = ops.aten\no.save(x, \"f\")",
           "g = getattr\ng(torch, \"save\")(x, \"f\")",
       }) {
    EXPECT_THAT(lowered("x: Tensor", body),
                ElementsAre("%0 = aten::save(x, \"f\"): NoneType"))
        << body;
  }
  EXPECT_THAT(
      lowered("x: Tensor", "fork(torch.save, x, \"f\")"),
      ElementsAre("prim::fork", "%0 = aten::save(x, \"f\"): Future[NoneType]"));
  EXPECT_THAT(lowered("x: Tensor", "r = rpc_async\nr(\"w\", x)"),
              ElementsAre("%0 = prim::rpc_async(\"w\", x): ?"));
  EXPECT_THAT(
      lowered("x: Tensor", "fork(rpc_async, \"w\", x)"),
      ElementsAre("prim::fork", "%0 = prim::rpc_async(\"w\", x): Future[?]"));
}

// Where LibTorch does not see the variable, or may not.
TEST(Lower, AVariableDoesNotHideTheLanguageBehindItsBranch) {
  for (const char* body : {
           "if c:\n  torch = m\ntorch.save(x, \"f\")",
           "if c:\n  torch = m\nelse:\n  torch.save(x, \"f\")",
           "if c:\n  torch = 1\nelse:\n  torch = m\ntorch.save(x, \"f\")",
           "for torch in range(3):\n  pass\ntorch.save(x, \"f\")",
           "while c:\n  torch = m\ntorch.save(x, \"f\")",
           "y = [0 for torch in [m]]\ntorch.save(x, \"f\")",
           "def h():\n  torch = m\ntorch.save(x, \"f\")",
           "if c:\n  getattr = m\ngetattr(torch, \"save\")(x, \"f\")",
       }) {
    EXPECT_THAT(lowered("x: Tensor, c: bool, m: __torch__.C", body),
                testing::Contains(testing::HasSubstr("aten::save(x, \"f\")")))
        << body;
  }
  EXPECT_THAT(
      lowered("torch: __torch__.C, x: Tensor", "torch.pair(x)", kClasses),
      ElementsAre("%0 = method pair(torch, x): Tuple[Tensor, int]"));
}

TEST(Lower, NoPlaceOfACallIsPassedOver) {
  for (const char* body : {
           "[*(1, E)]",
           "{\"a\": E}",
           "x[0:E]",
           "x[0:1, E:]",
           "(x, x)[0:E]",
           "y[0, E]",
           "y[E] = 1",
           "y[E] += 1",
           "x[E] = 1",
           "del y[E]",
           "getattr(x, \"a\", E)",
           "assert E",
           "assert c, E",
           "raise F(E)",
           "isinstance(E, int)",
           "hasattr(E, \"a\")",
           "annotate(int, E)",
           "unchecked_cast(int, E)",
           "while E:\n  pass",
           "if E:\n  pass",
           "if c:\n  pass\nelif E:\n  pass",
           "for i in range(E):\n  pass",
           "for i in zip([1], E):\n  pass",
           "for i in enumerate(E):\n  pass",
           "with E:\n  pass",
           "1 if E else 2",
           "E if c else 2",
           "not E",
           "c and E",
           "E in y",
           "[E for i in [1]]",
           "[i for i in E]",
           "[i for i in [1] if E]",
           "{E: 1 for i in [1]}",
           "f(k=E)",
           "f(*E)",
           "(E).a",
           "(E)(1)",
           "x.a = E",
           "(E).a = x",
           "y **= E",
           "y %= E",
           "def h(a=E):\n  pass",
           "def h():\n  E",
           "return E",
       }) {
    std::string text = body;
    text.replace(text.find('E'), 1, "ops.my.evil(1)");
    EXPECT_THAT(lowered("x: Tensor, c: bool, y: Any", text),
                testing::Contains(testing::HasSubstr("my::evil")))
        << body;
  }
}

TEST(Lower, WhatALoadComputesIsAFunctionOfItsOwn) {
  Model model = source_model(
      "class C(Module):\n"
      "  k : Final[str] = str(ops.my.a())\n"
      "  plain : int = -1\n"
      "  def forward(self, x: int=len(ops.my.b()),\n"
      "      y: int=2) -> int:\n"
      "    return x\n"
      "class I(ModuleInterface):\n"
      "  def forward(self, x: int=ops.my.c()) -> int:\n"
      "    pass\n"
      "def f(x: List[int]=[1, 2], y: int=ops.my.d()) -> int:\n"
      "  return x\n");
  Program program(model);
  std::vector<std::string> all;
  for (const FunctionGraph& function : program.functions()) {
    if (!function.is_default) continue;
    all.push_back(function.name + " " + lines(program, function)[0]);
  }
  EXPECT_THAT(all, ElementsAre("__torch__.C.forward %0 = my::b.?(): ?",
                               "__torch__.C %0 = my::a.?(): ?",
                               "__torch__.I.forward %0 = my::c.?(): ?",
                               "__torch__.f %0 = my::d.?(): ?"));
  EXPECT_FALSE(program.find("__torch__.C.forward")->is_default);
}

TEST(LowerBadInput, NamesThatAreNotDefined) {
  check({
      {"", "return a", {"return(a)"}},
      {"", "return a.b.c", {"return(a.b.c)"}},
      {"", "a.b(1)", {"%0 = call a.b(1): ?"}},
      {"", "a(1)", {"%0 = call a(1): ?"}},
      {"", "__torch__.none(1)", {"%0 = call __torch__.none(1): ?"}},
      {"m: __torch__.C", "m.none(1)", {"%0 = method none(m, 1): ?"}},
      {"m: __torch__.None", "m.f(1)", {"%0 = method f(m, 1): ?"}},
      {"", "a[0]", {"%0 = aten::__getitem__.?(a, 0): ?"}},
      {"", "a, b = c", {"%0 = [0](c): ?", "%1 = [1](c): ?"}},
  });
}

TEST(LowerBadInput, ArgumentsOfTheWrongNumber) {
  check({
      {"", "torch.relu()", {"%0 = aten::relu.?(): ?"}},
      {"", "int()", {"%0 = aten::Int.?(): int"}},
      {"", "annotate()", {"%0 = annotate(?): ?"}},
      {"", "unchecked_cast(int)", {"%0 = prim::unchecked_cast(?): int"}},
      {"", "uninitialized()", {}},
      {"", "isinstance()", {}},
      {"", "getattr()", {"%0 = get (?): ?"}},
      {"", "fork()", {"prim::fork", "%0 = method forward(?): Future[?]"}},
      {"", "range()", {"%0 = call range(): ?"}},
      {"", "for i in range():\n  pass", {"prim::Loop"}},
  });
}

TEST(LowerBadInput, WhatIsNoFunctionIsCalled) {
  check({
      {"", "1(2)", {"%0 = aten::forward.?(1, 2): ?"}},
      {"",
       "(1, 2)()",
       {"%0 = prim::TupleConstruct(1, 2): Tuple[int, int]",
        "%1 = aten::forward.?(%0): ?"}},
      {"", "CONSTANTS.c0()", {"%0 = call CONSTANTS.c0(): ?"}},
      {"", "ops.a()", {"%0 = call ops.a(): ?"}},
      {"", "torch.a.b()", {"%0 = call torch.a.b(): ?"}},
  });
}

TEST(LowerBadInput, ABodyThatCannotBeReadIsAFinding) {
  EXPECT_THAT(lowered("", "a b"),
              ElementsAre(testing::StartsWith("__torch__.f: ")));
}

}  // namespace
}  // namespace tsinspect::torchscript
