#include "torchscript/library.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"

namespace tsinspect::torchscript {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kNet =
    "class Net(Module):\n"
    "  __parameters__ = [\"w\", ]\n"
    "  __buffers__ = []\n"
    "  __forward_hooks__ = [\"after\", ]\n"
    "  w : Tensor\n"
    "  def forward(self: __torch__.a.Net,\n"
    "    x: Tensor,\n"
    "    mode: __torch__.b.Mode) -> Tensor:\n"
    "    return x\n"
    "  def after(self: __torch__.a.Net,\n"
    "    x: Tuple[Tensor], y: Tensor) -> Tensor:\n"
    "    return y\n";
constexpr const char* kMode =
    "class Mode(Enum):\n"
    "  on : int = 1\n";

std::vector<std::string> schemas(const ScriptType& type) {
  std::vector<std::string> all;
  for (const Method& method : type.methods) all.push_back(method.schema);
  return all;
}

TEST(Library, FindsClassesByTheirQualifiedNames) {
  Library library;
  library.add("code/__torch__/a.py", kNet, {});
  library.add("x/code/__torch__/b.py", kMode, {});
  ASSERT_NE(library.find("__torch__.a.Net"), nullptr);
  EXPECT_EQ(library.find("__torch__.a.Net")->kind, ClassKind::kModule);
  EXPECT_EQ(library.find("__torch__.b.Mode")->kind, ClassKind::kEnum);
  EXPECT_EQ(library.find("Net"), nullptr);
  EXPECT_EQ(library.find(""), nullptr);
}

TEST(Library, StaysValidAsItGrows) {
  Library library;
  library.add("code/__torch__/a.py", kNet, {});
  const ClassInfo* net = library.find("__torch__.a.Net");
  std::string record;
  for (int i = 0; i < 1'000; ++i) {
    library.add("code/__torch__/n" + std::to_string(i) + ".py",
                "class C(Module):\n  __parameters__ = []\n", {});
  }
  EXPECT_EQ(library.find("__torch__.a.Net"), net);
  EXPECT_EQ(net->name, "__torch__.a.Net");
}

TEST(Library, TheLastOfTwoClassesOfOneNameCounts) {
  Library library;
  library.add("code/__torch__/a.py", "class Net(Enum):\n  on : int = 1\n", {});
  library.add("code/__torch__/a.py", kNet, {});
  EXPECT_EQ(library.find("__torch__.a.Net")->kind, ClassKind::kModule);
}

TEST(Library, DescribesMethodsAndHooks) {
  Library library;
  library.add("code/__torch__/a.py", kNet, {});
  library.add("code/__torch__/b.py", kMode, {});
  ScriptType type = library.describe(*library.find("__torch__.a.Net"));
  EXPECT_EQ(type.name, "__torch__.a.Net");
  EXPECT_THAT(type.forward_hooks, ElementsAre("after"));
  EXPECT_THAT(type.forward_pre_hooks, IsEmpty());
  EXPECT_THAT(schemas(type),
              ElementsAre("forward(__torch__.a.Net self, Tensor x, "
                          "Enum<__torch__.b.Mode> mode) -> Tensor"));
}

TEST(Library, ReadsTheModulesOfTorch10) {
  Library library;
  library.add("code/net.py",
              "def forward(self,\n    x: Tensor) -> Tensor:\n"
              "  return x\n",
              {});
  ASSERT_NE(library.find("net"), nullptr);
  EXPECT_THAT(schemas(library.describe(*library.find("net"))),
              ElementsAre("forward(net self, Tensor x) -> Tensor"));
}

TEST(BadLibrary, KeepsWhatItHadWhenARecordIsBad) {
  Library library;
  library.add("code/__torch__/a.py", kNet, {});
  EXPECT_THROW(library.add("code/__torch__/b.py", "class (", {}), Error);
  EXPECT_NE(library.find("__torch__.a.Net"), nullptr);
  EXPECT_EQ(library.find("__torch__.b.Mode"), nullptr);
}

TEST(BadLibrary, RefusesSourceThatNestsTooDeep) {
  Library library;
  std::string source = "class A(Module):\n  x : ";
  for (int i = 0; i < 300; ++i) source += "List[";
  EXPECT_THROW(library.add("code/a.py", source, {}), Error);
}

// A name of 60,000 bytes, in front of every one of 40,000 methods.
TEST(BadLibrary, RefusesNamesThatAreTooLong) {
  std::string name(5000, 'n');
  for (const std::string& source :
       {"class " + name + "(Module):\n  pass\n",
        "class C(Module):\n  def " + name + "(self):\n    pass\n",
        "def " + name + "():\n  pass\n"}) {
    Library library;
    expect_error(ErrorKind::kLimit, "a name of more than 4096 bytes",
                 [&] { library.add("code/a.py", source, {}); });
  }
}

TEST(BadLibrary, RefusesNamesThatAreRepeatedTooOften) {
  std::string record = "code/" + std::string(4000, 'n') + ".py";
  std::string source = "class C(Module):\n";
  for (int i = 0; i < 40'000; ++i) source += "  def a(self):\n    b\n";
  Library library;
  expect_error(ErrorKind::kLimit, "more than 33554432 bytes of qualified names",
               [&] { library.add(record, source, {}); });
  EXPECT_THAT(library.sources(), IsEmpty());
}

}  // namespace
}  // namespace tsinspect::torchscript
