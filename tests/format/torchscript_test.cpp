#include <gmock/gmock.h>

#include "support/expect_error.h"
#include "support/torch_file.h"
#include "support/zip_builder.h"

namespace tsinspect {
namespace {

using pkl::Code;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Items = std::vector<std::pair<Code, Code>>;

constexpr const char* kSource =
    "class Net(Module):\n"
    "  __parameters__ = [\"w\", ]\n"
    "  __buffers__ = [\"b\", ]\n"
    "  b : Tensor\n"
    "  w : Tensor\n"
    "  def forward(self: __torch__.Net,\n"
    "    x: Tensor) -> Tensor:\n"
    "    return x\n"
    "class Child(Module):\n"
    "  __parameters__ = [\"w\", ]\n"
    "  __buffers__ = []\n"
    "  w : Tensor\n"
    "class Plain(object):\n"
    "  t : Tensor\n";

// An object of a scripted class, with its attributes as state.
Code object(const char* type, const Items& attributes) {
  return pkl::build(pkl::global(type) + ")\x81", pkl::dict(attributes));
}

Code zero() { return pkl::float_vector("0", 1); }
Code one() { return pkl::float_vector("1", 1); }

std::vector<ZipRecord> records(const Code& module,
                               const Code& constants = ")") {
  return {{"net/data.pkl", pkl::pickle(module)},
          {"net/code/__torch__.py", kSource, 8},
          {"net/constants.pkl", pkl::pickle(constants)},
          {"net/data/0", "abcd"},
          {"net/data/1", "efgh"},
          {"net/constants/0", "ijkl"},
          {"net/version", "10\n"}};
}

Model read(const Code& module, const Code& constants = ")") {
  return opened(build_zip(records(module, constants)));
}

std::pair<Code, Code> training(bool value) {
  return {pkl::text("training"), pkl::boolean(value)};
}

TEST(TorchScript, ReadsModulesWithTheRolesOfTheirClasses) {
  Model model = read(object(
      "__torch__.Net",
      {training(true),
       {pkl::text("x"), zero()},
       {pkl::text("b"), one()},
       {pkl::text("w"), zero()},
       {pkl::text("c"), object("__torch__.Child",
                               {training(false), {pkl::text("w"), one()}})}}));
  EXPECT_EQ(model.form, Form::kTorchScript);
  EXPECT_EQ(model.producer.file_version, "10");
  EXPECT_THAT(module_lines(model), ElementsAre(": __torch__.Net training",
                                               "c: __torch__.Child eval"));
  EXPECT_THAT(tensor_lines(model),
              ElementsAre("w parameter float32 [1] [1]+0 @0",
                          "c.w parameter float32 [1] [1]+0 @1",
                          "b buffer float32 [1] [1]+0 @1",
                          "x attribute float32 [1] [1]+0 @0"));
  ASSERT_THAT(model.types, SizeIs(2));
  EXPECT_EQ(model.types[0].name, "__torch__.Net");
  EXPECT_EQ(model.types[0].methods[0].schema,
            "forward(__torch__.Net self, Tensor x) -> Tensor");
  EXPECT_EQ(model.modules[1].type_index, 1u);
}

TEST(TorchScript, ListsAModuleUnderEachOfItsPaths) {
  Code child =
      object("__torch__.Child", {training(false), {pkl::text("w"), zero()}});
  Model model =
      read(object("__torch__.Net", {{pkl::text("a"), pkl::put(1, child)},
                                    {pkl::text("b"), pkl::get(1)}}));
  EXPECT_THAT(module_lines(model),
              ElementsAre(": __torch__.Net", "a: __torch__.Child eval",
                          "b: __torch__.Child eval"));
  EXPECT_THAT(tensor_lines(model),
              ElementsAre("a.w parameter float32 [1] [1]+0 @0",
                          "b.w parameter float32 [1] [1]+0 @0"));
  EXPECT_EQ(model.storages[0].tensors, 2u);
}

TEST(TorchScript, ListsAnObjectThatIsNoModuleOnce) {
  Code plain =
      pkl::put(1, object("__torch__.Plain", {{pkl::text("t"), zero()}}));
  Model model = read(object("__torch__.Net", {{pkl::text("a"), plain},
                                              {pkl::text("b"), pkl::get(1)}}));
  EXPECT_THAT(module_lines(model), SizeIs(1));
  EXPECT_THAT(tensor_lines(model),
              ElementsAre("a.t attribute float32 [1] [1]+0 @0"));
}

TEST(TorchScript, ReadsTheStateOfAClassWithGetstate) {
  Model model = read(object(
      "__torch__.Net", {{pkl::text("packed"),
                         pkl::build(pkl::global("__torch__.Child") + ")\x81",
                                    pkl::tuple({zero(), one()}))}}));
  EXPECT_THAT(tensor_lines(model),
              ElementsAre("packed.0 attribute float32 [1] [1]+0 @0",
                          "packed.1 attribute float32 [1] [1]+0 @1"));
}

TEST(TorchScript, NamesConstantsByTheirPlace) {
  Model model = read(
      object("__torch__.Net", {training(true)}),
      pkl::tuple({pkl::integer(1), zero(), pkl::list({pkl::none(), zero()})}));
  EXPECT_EQ(model.form, Form::kTorchScript);
  EXPECT_THAT(tensor_lines(model),
              ElementsAre("CONSTANTS.c1 constant float32 [1] [1]+0 @0",
                          "CONSTANTS.c2.1 constant float32 [1] [1]+0 @0"));
  EXPECT_EQ(value_bytes(model, 0), "ijkl");
}

TEST(TorchScript, IsFrozenWithConstantsAndNoAttributes) {
  Code empty = pkl::global("__torch__.Net") + ")\x81";
  EXPECT_EQ(read(empty, pkl::tuple({zero()})).form, Form::kTorchScriptFrozen);
  EXPECT_EQ(read(empty).form, Form::kTorchScript);
  EXPECT_EQ(read(object("__torch__.Net", {{pkl::text("x"), zero()}}),
                 pkl::tuple({zero()}))
                .form,
            Form::kTorchScript);
}

TEST(TorchScript, IsMobileWithBytecode) {
  auto all = records(object("__torch__.Net", {{pkl::text("w"), zero()}}));
  Code constant = pkl::float_vector("constants/0", 1);
  all.push_back({"net/bytecode.pkl",
                 pkl::pickle(pkl::tuple({pkl::integer(4), constant}))});
  Model model = opened(build_zip(all));
  EXPECT_EQ(model.form, Form::kMobile);
  EXPECT_THAT(tensor_lines(model),
              ElementsAre("w parameter float32 [1] [1]+0 @0",
                          "bytecode.1 constant float32 [1] [1]+0 @1"));
}

TEST(TorchScript, DoesWithoutItsSource) {
  auto all = records(
      object("__torch__.Net", {training(true), {pkl::text("w"), zero()}}));
  all.erase(all.begin() + 1);
  Model model = opened(build_zip(all));
  EXPECT_THAT(module_lines(model), ElementsAre(": __torch__.Net training"));
  EXPECT_THAT(tensor_lines(model),
              ElementsAre("w attribute float32 [1] [1]+0 @0"));
  EXPECT_THAT(model.types, IsEmpty());
}

TEST(TorchScript, DoesWithSourceThatCannotBeRead) {
  auto all = records(object("__torch__.Net", {training(true)}));
  all.push_back({"net/code/bad.py", "class (:"});
  Model model = opened(build_zip(all));
  ASSERT_THAT(model.findings, SizeIs(1));
  EXPECT_EQ(model.findings[0].rule, "unreadable-source");
  EXPECT_EQ(model.findings[0].where, "net/code/bad.py");
  EXPECT_THAT(model.types, SizeIs(1));
}

TEST(BadTorchScript, LacksAStorage) {
  auto all = records(object("__torch__.Net", {{pkl::text("w"), zero()}}));
  all.erase(all.begin() + 3);
  expect_error(ErrorKind::kMalformed,
               "tensor 'w': storage '0': there is no record 'net/data/0'",
               [&] { opened(build_zip(all)); });
}

TEST(BadTorchScript, HasAConstantThatIsBad) {
  expect_error(ErrorKind::kMalformed,
               "tensor 'CONSTANTS.c0': storage '7': there is no record "
               "'net/constants/7'",
               [] {
                 read(object("__torch__.Net", {}),
                      pkl::tuple({pkl::float_vector("7", 1)}));
               });
}

TEST(BadTorchScript, HasABadPickle) {
  auto all = records(pkl::none());
  all[2].data = "\x80\2t.";
  expect_error(ErrorKind::kMalformed,
               "record 'net/constants.pkl': 0x00000002: pickle: there is no "
               "mark on the stack",
               [&] { opened(build_zip(all)); });
}

TEST(HostileTorchScript, AModuleWithinItselfHitsALimit) {
  // net.a = net.b = net
  Code net = pkl::put(1, pkl::global("__torch__.Net") + ")\x81");
  Code state =
      pkl::dict({{pkl::text("a"), pkl::get(1)}, {pkl::text("b"), pkl::get(1)}});
  expect_error(ErrorKind::kLimit,
               "objects that are shared again and again make too many tensors "
               "and modules",
               [&] { read(pkl::build(net, state)); });
}

TEST(HostileTorchScript, AnyKindOfObjectMayBeAnywhere) {
  for (const Code& value :
       {pkl::none(), pkl::integer(1), pkl::text("x"), pkl::list({zero()}),
        pkl::global("__torch__.Net"), pkl::persistent(pkl::none()),
        pkl::call(pkl::global("__torch__.Net"), {}),
        pkl::build(pkl::global("__torch__.Net") + ")\x81", pkl::integer(1)),
        object("__torch__.Net", {{pkl::integer(1), zero()}}),
        object("__torch__.Unknown", {{pkl::text("w"), zero()}})}) {
    EXPECT_NO_THROW(read(value, value));
  }
}

}  // namespace
}  // namespace tsinspect
