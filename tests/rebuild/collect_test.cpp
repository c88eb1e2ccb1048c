#include "rebuild/collect.h"

#include <gmock/gmock.h>

#include "format/temp_folder.h"
#include "rebuild/globals.h"
#include "support/expect_error.h"
#include "support/torch_file.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using testing::SizeIs;
using namespace std::string_literals;
using pkl::Code;

const NamedBytes kStorages = {{"0", "abcdefgh"}, {"1", "ijklmnop"}};

Code zero() { return pkl::float_vector("0", 2); }
Code one() { return pkl::float_vector("1", 2); }

Model read(const Code& value) { return opened(torch_zip(value, kStorages)); }

std::vector<std::string> names(const Code& value) {
  Model model = read(value);
  std::vector<std::string> all;
  for (const Tensor& tensor : model.tensors) all.push_back(tensor.name);
  return all;
}

TEST(Collect, NamesTensorsByTheirKeys) {
  EXPECT_THAT(names(pkl::dict(
                  {{pkl::text("a.b"), zero()},
                   {pkl::integer(3), one()},
                   {pkl::text("c"),
                    pkl::list({pkl::none(), pkl::tuple({one(), zero()})})}})),
              ElementsAre("a.b", "3", "c.1.0", "c.1.1"));
}

TEST(Collect, ABareTensorHasNoName) {
  EXPECT_THAT(names(zero()), ElementsAre(""));
}

TEST(Collect, ABareStorageIsATensorOfOneDimension) {
  EXPECT_THAT(tensor_lines(read(pkl::storage("ShortStorage", "1", 4))),
              ElementsAre(" tensor int16 [4] [1]+0 @0"));
}

TEST(Collect, EntersEveryPartOfAnObject) {
  Code object = pkl::call(pkl::global("a.B"), {zero()});
  object += "(" + one() + "e";
  object = pkl::set_items(object, {{pkl::text("k"), zero()}});
  object = pkl::build(object, pkl::dict({{pkl::text("s"), one()}}));
  EXPECT_THAT(names(object), ElementsAre("0", "0", "k", "s"));
}

TEST(Collect, EntersAStateThatIsNoDict) {
  // As object.__reduce_ex__ has it where there are slots: (None, {…}).
  Code object = pkl::build(
      pkl::call(pkl::global("a.B"), {}),
      pkl::tuple({pkl::none(), pkl::dict({{pkl::text("slot"), zero()}})}));
  EXPECT_THAT(names(object), ElementsAre("1.slot"));
}

TEST(Collect, EntersOrderedDictsOfEitherPython) {
  Code pair = pkl::list({pkl::text("b"), one()});
  EXPECT_THAT(names(pkl::call(
                  pkl::global("collections.OrderedDict"),
                  {pkl::list({pkl::list({pkl::text("a"), zero()}), pair})})),
              ElementsAre("a", "b"));
  EXPECT_THAT(names(pkl::ordered_dict({{pkl::text("a"), zero()}})),
              ElementsAre("a"));
}

TEST(Collect, ASetMayBeAtTheTop) {
  EXPECT_THAT(names("\x8f(" + zero() + one() + "\x90"), ElementsAre("0", "1"));
  EXPECT_THAT(names(pkl::call(pkl::global("__builtin__.set"),
                              {pkl::list({zero(), one()})})),
              ElementsAre("0", "1"));
}

TEST(Collect, EveryPlainGlobalIsLookedThrough) {
  for (const GlobalMeaning& row : plain_globals()) {
    SCOPED_TRACE(row.name);
    Code global = pkl::global(row.name);
    if (row.kind == GlobalKind::kMapping) {
      EXPECT_THAT(names(pkl::set_items(pkl::call(global, {}),
                                       {{pkl::text("k"), zero()}})),
                  ElementsAre("k"));
    } else {
      EXPECT_THAT(names(pkl::call(global, {pkl::list({zero(), one()})})),
                  ElementsAre("0", "1"));
    }
  }
}

TEST(Collect, ACallThatWrapsATensorIsThatTensor) {
  EXPECT_THAT(names(pkl::dict(
                  {{pkl::text("a"),
                    pkl::call(pkl::global("torch.jit._pickle.restore_type_tag"),
                              {zero(), pkl::text("Tensor")})}})),
              ElementsAre("a"));
}

TEST(Collect, ATensorMetTwiceIsListedTwice) {
  Model model = read(pkl::dict({{pkl::text("a"), pkl::put(1, zero())},
                                {pkl::text("b"), pkl::get(1)},
                                {pkl::text("c"), zero()},
                                {pkl::text("d"), one()}}));
  EXPECT_THAT(model.tensors, SizeIs(4));
  ASSERT_THAT(model.storages, SizeIs(2));
  EXPECT_EQ(model.storages[0].tensors, 3u);
  EXPECT_EQ(model.storages[1].tensors, 1u);
}

TEST(Collect, AContainerMetTwiceIsListedOnce) {
  EXPECT_THAT(
      names(pkl::dict({{pkl::text("a"), pkl::put(1, pkl::list({zero()}))},
                       {pkl::text("b"), pkl::get(1)}})),
      ElementsAre("a.0"));
}

TEST(Collect, CyclesEnd) {
  // d = {'t': tensor}; d['self'] = d
  Code value = pkl::put(1, "}") + pkl::text("t") + zero() + "s" +
               pkl::text("self") + pkl::get(1) + "s";
  EXPECT_THAT(names(value), ElementsAre("t"));
}

TEST(Collect, ModulesStandBeforeTheirChildrenAndTensorsByRole) {
  Code child = pkl::module("my.Child", {.parameters = {{pkl::text("w"), one()}},
                                        .buffers = {{pkl::text("b"), zero()}}});
  Model model = read(pkl::module(
      "my.Net",
      {.parameters = {{pkl::text("bias"), pkl::none()},
                      {pkl::text("weight"), zero()}},
       .buffers = {{pkl::text("mean"), one()}},
       .modules = {{pkl::text("0"), child}, {pkl::text("none"), pkl::none()}},
       .attributes = {{pkl::text("training"), pkl::boolean(false)},
                      {pkl::text("cache"), pkl::list({one()})}}}));
  EXPECT_THAT(module_lines(model), ElementsAre(": my.Net eval", "0: my.Child"));
  EXPECT_THAT(tensor_lines(model),
              ElementsAre("weight parameter float32 [2] [1]+0 @0",
                          "0.w parameter float32 [2] [1]+0 @1",
                          "mean buffer float32 [2] [1]+0 @1",
                          "0.b buffer float32 [2] [1]+0 @0",
                          "cache.0 attribute float32 [2] [1]+0 @1"));
  EXPECT_EQ(model.modules[1].parent, 0u);
  EXPECT_EQ(model.tensors[1].module, 1u);
}

TEST(Collect, APickledModuleMetTwiceIsListedUnderItsFirstPath) {
  Code child = pkl::put(
      1, pkl::module("my.Child", {.parameters = {{pkl::text("w"), one()}}}));
  Model model = read(pkl::module(
      "my.Net",
      {.modules = {{pkl::text("a"), child}, {pkl::text("b"), pkl::get(1)}}}));
  EXPECT_THAT(module_lines(model), ElementsAre(": my.Net", "a: my.Child"));
  EXPECT_THAT(model.tensors, SizeIs(1));
}

TEST(Collect, RolesAreSortedWithinEachModuleOfACheckpoint) {
  auto net = [](const Code& weight) {
    return pkl::module("my.Net", {.parameters = {{pkl::text("w"), weight}},
                                  .attributes = {{pkl::text("x"), weight}}});
  };
  EXPECT_THAT(names(pkl::dict({{pkl::text("first"), zero()},
                               {pkl::text("net"), net(zero())},
                               {pkl::text("ema"), net(one())}})),
              ElementsAre("first", "net.w", "net.x", "ema.w", "ema.x"));
}

TEST(Collect, AParameterOutsideOfAModuleKeepsItsRole) {
  Code parameter = pkl::call(pkl::global("torch._utils._rebuild_parameter"),
                             {zero(), pkl::boolean(true), pkl::none()});
  Model model = read(pkl::list({parameter, one()}));
  EXPECT_EQ(model.tensors[0].role, Role::kParameter);
  EXPECT_EQ(model.tensors[1].role, Role::kTensor);
}

TEST(BadCollect, NamesTheTensorThatIsBad) {
  Code bad = pkl::tensor(pkl::storage("FloatStorage", "0", 2), 0,
                         {int64_t{1} << 40}, {1});
  expect_error(ErrorKind::kMalformed,
               "tensor 'a.1': shape [1099511627776], strides [1] and offset 0 "
               "reach 1099511627776 elements of float32, but its storage has 8 "
               "bytes",
               [&] {
                 read(pkl::dict({{pkl::text("a"), pkl::list({zero(), bad})}}));
               });
}

TEST(HostileCollect, NestsWithoutEnd) {
  constexpr size_t kDepth = 20'000;
  Model model =
      read(std::string(kDepth, ']') + zero() + std::string(kDepth, 'a'));
  EXPECT_EQ(model.tensors[0].name.size(), 2 * kDepth - 1);
}

TEST(HostileCollect, LongNamesOfManyTensorsHitALimit) {
  constexpr size_t kDepth = 2'000;
  Code tensors = "](" + pkl::put(1, zero());
  for (int i = 0; i < 5'000; ++i) tensors += pkl::get(1);
  Code value =
      std::string(kDepth, ']') + tensors + "e" + std::string(kDepth, 'a');
  TempFolder folder;
  std::string file = torch_zip(value, kStorages);
  std::string path = folder.add("m", file);
  Limits limits;
  limits.metadata_bytes = 1'000;
  expect_error(ErrorKind::kLimit,
               "names of tensors and modules take more than " +
                   std::to_string(1'000 + 4 * file.size()) + " bytes",
               [&] { open_model(path, limits); });
}

TEST(HostileCollect, ASharedListOfPairsIsEnteredOnce) {
  // 5,000 OrderedDicts of one list of 5,000 pairs.
  Code pairs = pkl::list({pkl::text("a"), pkl::list({})});
  Code list = "](" + pkl::put(1, pairs);
  for (int i = 0; i < 5'000; ++i) list += pkl::get(1);
  Code value = "(" + pkl::put(2, list + "e") +
               pkl::put(3, pkl::global("collections.OrderedDict"));
  for (int i = 0; i < 5'000; ++i) value += pkl::get(3) + pkl::get(2) + "\x85R";
  EXPECT_THAT(names(value + "t"), ElementsAre());
}

}  // namespace
}  // namespace tsinspect
