// TorchScript source that would cost a careless reader much memory or time.

#include <fmt/format.h>

#include "hostile/bombs.h"
#include "support/script_archive.h"

namespace tsinspect::hostile {
namespace {

// A megabyte of source may take more than its file's size lets expect.
constexpr uint64_t kMostProgramBytes = uint64_t{512} << 20;

// All that is asked of the program of a frozen model with this source, whose
// constants are so many.
void expect_cheap_program(const std::string& source, size_t constants = 1) {
  std::vector<pkl::Code> all(constants, pkl::get(1));
  if (constants > 0) all[0] = pkl::put(1, pkl::float_vector("0", 1));
  std::string bytes = build_zip({
      {"net/data.pkl", pkl::pickle(pkl::global("__torch__.Net") + ")\x81")},
      {"net/code/__torch__.py", source},
      {"net/constants.pkl", pkl::pickle(pkl::tuple(all))},
      {"net/constants/0", "efgh"},
      {"net/version", "10\n"},
  });
  ChildReport report = run_in_child([&](Progress& progress) {
    MemoryFile file(bytes);
    Model model = open_partial(file.path());
    progress.step("operators", [&] { operators(model); });
    progress.step("outside calls", [&] { outside_calls(model); });
    progress.step("layers", [&] { layers(model); });
    progress.step("names", [&] { recover_names(&model); });
  });
  EXPECT_TRUE(report.ended_well) << report.where;
  if (std::getenv("TSINSPECT_FIGURES") != nullptr) {
    printf("%s: %.2f s (%s), %.0f MB\n",
           testing::UnitTest::GetInstance()->current_test_info()->name(),
           report.slowest, report.slowest_at.c_str(),
           static_cast<double>(report.peak_bytes) / 1e6);
  }
  if (is_sanitized()) return;
  EXPECT_LT(report.slowest, kMostSeconds) << report.slowest_at;
  EXPECT_LT(report.peak_bytes, kMostProgramBytes);
}

std::string net(const std::string& body, const std::string& functions = "") {
  return "class Net(Module):\n"
         "  __parameters__ = []\n"
         "  __buffers__ = []\n"
         "  def forward(self: __torch__.Net, x: Tensor, c: bool) -> Tensor:\n" +
         body + functions;
}

// Lines up to about a megabyte, each made by `line` of its number.
template <typename Line>
std::string megabyte(Line line) {
  std::string all;
  for (size_t i = 0; all.size() < kMillion; ++i) all += line(i);
  return all;
}

TEST(ProgramBomb, FunctionsThatCallEachOtherWithAConstant) {
  std::string functions;
  size_t count = 0;
  for (; functions.size() < kMillion; ++count) {
    functions += fmt::format(
        "def f{}(x: Tensor) -> Tensor:\n  _0 = __torch__.f{}(x)\n"
        "  return __torch__.f{}(torch.relu(x))\n",
        count, count + 1, count / 2);
  }
  expect_cheap_program(
      net("    return __torch__.f0(CONSTANTS.c0)\n", functions));
}

TEST(ProgramBomb, OneConstantInManyPlacesThroughALongFunction) {
  std::string callee = "def g(x: Tensor) -> Tensor:\n";
  while (callee.size() < kMillion / 2) callee += "  x = torch.t(x)\n";
  std::string body;
  while (body.size() < kMillion / 2) {
    body += "    __torch__.g(CONSTANTS.c0)\n";
  }
  expect_cheap_program(net(body, callee));
}

TEST(ProgramBomb, ManyConstantsThroughOneLongWay) {
  std::string list = "    a = [";
  for (int i = 0; i < 30'000; ++i) list += fmt::format("CONSTANTS.c{}, ", i);
  std::string body = list + "]\n";
  while (body.size() < kMillion) body += "    torch.cat(a)\n";
  expect_cheap_program(net(body), 30'000);
}

TEST(ProgramBomb, AListOfConstantsInReverse) {
  std::string body = "    torch.cat([";
  for (int i = 60'000; i > 0; --i) body += fmt::format("CONSTANTS.c{}, ", i);
  expect_cheap_program(net(body + "])\n"), 60'001);
}

TEST(ProgramBomb, AChainOfViews) {
  std::string body = "    w = CONSTANTS.c0\n";
  while (body.size() < kMillion) {
    body += "    w = torch.t(w)\n    torch.relu(w)\n";
  }
  expect_cheap_program(net(body));
}

TEST(ProgramBomb, AChainOfJoins) {
  std::string body = "    w = CONSTANTS.c0\n";
  while (body.size() < kMillion) {
    body += "    if c:\n      w = torch.t(w)\n    else:\n      w = x\n";
  }
  expect_cheap_program(net(body));
}

TEST(ProgramBomb, ElifThatEachAssignAnotherVariable) {
  std::string before, chain;
  for (int i = 0; i < 250; ++i) {
    before += fmt::format("    v{} = x\n", i);
    chain +=
        fmt::format("    {} c:\n      v{} = c\n", i == 0 ? "if" : "elif", i);
  }
  std::string body = before;
  while (body.size() < kMillion) body += chain;
  expect_cheap_program(net(body));
}

TEST(ProgramBomb, BranchesInBranchesThatAssignMuch) {
  std::string block, before, indent = "    ";
  for (int depth = 0; depth < 110; ++depth) {
    block += indent + "if c:\n";
    indent += ' ';
  }
  for (int i = 0; i < 4'000; ++i) {
    before += fmt::format("    v{} = x\n", i);
    block += fmt::format("{}v{} = c\n", indent, i);
  }
  expect_cheap_program(net(before + block));
}

TEST(ProgramBomb, TuplesOfThemselves) {
  expect_cheap_program(net("    t = (x, x)\n" + megabyte([](size_t) {
                             return "    t = (t, t)\n";
                           })));
  expect_cheap_program(net("    t = [x]\n" + megabyte([](size_t i) {
                             return fmt::format(
                                 "    t{} = (t, {}., \"a\")\n    t = [t{}]\n",
                                 i, i, i);
                           })));
}

TEST(ProgramBomb, BranchesOfTuples) {
  std::string deep = "c", other = "1";
  for (int i = 0; i < 30; ++i) {
    deep = "(" + deep + ", c, x, c, x, c, x)";
    other = "(" + other + ", c, x, c, x, c, x)";
  }
  expect_cheap_program(
      net("    a = " + deep + "\n    b = " + other + "\n" +
          megabyte([](size_t) { return "    d = a if c else b\n"; })));
}

TEST(ProgramBomb, SettingsThatAreListsOfThemselves) {
  std::string body = "    n = [1]\n";
  for (int i = 0; i < 100; ++i) body += "    n = [n, n]\n";
  body += "    s = \"" + repeated("a", kMillion / 2) + "\"\n";
  while (body.size() < kMillion) {
    body += "    torch.conv2d(x, CONSTANTS.c0, None, n, s)\n";
  }
  expect_cheap_program(net(body));
}

TEST(ProgramBomb, CallsOfManyArguments) {
  std::string keywords, parameters, plain;
  for (int i = 0; i < 15'000; ++i) {
    keywords += fmt::format("a{}=CONSTANTS.c0, ", i);
    parameters += fmt::format("a{}: Tensor, ", i);
  }
  expect_cheap_program(net(
      "    __torch__.g(" + keywords + ")\n    torch.lstm(" + keywords + ")\n",
      "def g(" + parameters + ") -> Tensor:\n  return torch.relu(a1)\n"));
  std::string params;
  for (int i = 0; i < 40'000; ++i) params += "CONSTANTS.c0, ";
  expect_cheap_program(net("    torch.lstm(x, [x], [" + params + "], " +
                           repeated("k=1, ", 60'000) + ")\n"));
}

TEST(ProgramBomb, ManyMembersOfOneClass) {
  std::string attributes, methods, body;
  for (int i = 0; i < 12'000; ++i) {
    attributes += fmt::format("  a{} : Tensor\n", i);
    methods += fmt::format("  def m{}(self):\n    pass\n", i);
    body += fmt::format("    b = self.a{}\n    self.m{}()\n", i, i);
  }
  expect_cheap_program(
      "class Net(Module):\n  __parameters__ = []\n  __buffers__ = []\n" +
      attributes + "  def forward(self: __torch__.Net) -> Tensor:\n" + body +
      methods);
}

TEST(ProgramBomb, LongNamesThatManyOperatorsRepeat) {
  std::string name = repeated("a", kMillion / 2);
  std::string body;
  while (body.size() < kMillion / 2) body += "    torch.relu(CONSTANTS.c0)\n";
  expect_cheap_program("class " + name +
                       "(Module):\n  __parameters__ = []\n"
                       "  def forward(self, x: Tensor) -> Tensor:\n" +
                       body);
}

TEST(ProgramBomb, AnnotationsThatManyCallsRepeat) {
  std::string body;
  while (body.size() < kMillion / 2) body += "    __torch__.g(x)\n";
  expect_cheap_program(net(body, "def g(x: Tensor) -> Tuple[" +
                                     repeated("int, ", 100'000) +
                                     "int]:\n  return x\n"));
}

TEST(ProgramBomb, AliasesOfAliases) {
  expect_cheap_program(net("    t = torch\n" + megabyte([](size_t) {
                             return "    t = t.a\n    t(x)\n";
                           })));
}

TEST(ProgramBomb, ConstantsWithNumbersThatAreHuge) {
  expect_cheap_program(
      net("    torch.relu(CONSTANTS.c4294967296)\n"
          "    torch.relu(CONSTANTS.c99999999999999999999)\n"
          "    torch.relu(CONSTANTS.c999999999)\n"));
}

TEST(ProgramBomb, MethodsOfOneNameThatCallOneAnother) {
  std::string source;
  for (size_t i = 0; source.size() < kMillion; ++i) {
    source += fmt::format(
        "class C{}(Module):\n  def __setstate__(self, x: Any):\n"
        "    x.run(x.other)\n  def run(self, x: Any):\n    x.run(x)\n",
        i);
  }
  expect_cheap_program(source);
}

}  // namespace
}  // namespace tsinspect::hostile
