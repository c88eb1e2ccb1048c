// Which tensors and objects diff() sets side by side.

#include "tsinspect/diff.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "analysis/diff_models.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<float> kOne = {1, 2, 3}, kTwo = {4, 5, 6}, kZeros = {0, 0, 0};

TEST(Diff, OrderDoesNotMatter) {
  HandModel a, b;
  a.floats("x", kOne);
  a.floats("y", kTwo);
  b.floats("y", kTwo);
  b.floats("x", kOne);
  EXPECT_TRUE(diff(a.model, b.model).same());
}

TEST(Diff, AddedRemovedAndReshaped) {
  HandModel a, b;
  a.floats("gone", {7, 8});
  a.floats("x", kOne);
  b.floats("x", {1, 2});
  b.floats("new", {9});
  Diff d = diff(a.model, b.model);
  EXPECT_THAT(d.removed, ElementsAre(0u));
  EXPECT_THAT(d.added, ElementsAre(1u));
  EXPECT_EQ(d.pairs.at(0).change, Change::kShape);
  EXPECT_FALSE(d.same());
}

TEST(Diff, WrappersAreStrippedOnlyIfMoreNamesMatch) {
  HandModel a, b;
  a.floats("module._orig_mod.x", kOne);
  b.floats("x", kOne);
  Diff d = diff(a.model, b.model);
  EXPECT_TRUE(d.same());
  EXPECT_EQ(d.wrapper_a, "module._orig_mod.");
  EXPECT_EQ(d.wrapper_b, "");
  EXPECT_EQ(d.pairs.at(0).name, "x");
  EXPECT_EQ(diff(a.model, a.model).wrapper_a, "");
}

TEST(Diff, BothMayBeWrapped) {
  HandModel a, b;
  a.floats("module.x", kOne);
  b.floats("state_dict.model.x", kTwo);
  Diff d = diff(a.model, b.model);
  ASSERT_EQ(d.pairs.size(), 1u);
  EXPECT_EQ(d.pairs[0].change, Change::kValue);
  EXPECT_EQ(d.wrapper_b, "state_dict.model.");
}

TEST(Diff, PrefixesAndMaps) {
  HandModel a, b;
  a.floats("net.back.0.w", kOne);
  b.floats("enc.0.weight", kOne);
  DiffOptions options;
  options.strip_prefixes = {"net."};
  options.maps = {{"back.*.w", "enc.*.weight"}};
  EXPECT_TRUE(diff(a.model, b.model, options).same());
}

TEST(Diff, EqualContentIsARename) {
  HandModel a, b;
  a.floats("old.x", kOne);
  a.floats("old.bias", kZeros);
  b.floats("new.bias", kZeros);
  b.floats("new.x", kOne);
  Diff d = diff(a.model, b.model);
  ASSERT_EQ(d.pairs.size(), 2u);
  EXPECT_TRUE(d.pairs[0].renamed);
  EXPECT_EQ(d.pairs[0].name, "new.x");
  EXPECT_EQ(d.pairs[1].name, "new.bias");
  EXPECT_FALSE(d.same());
  EXPECT_THAT(d.added, IsEmpty());
}

TEST(Diff, OneValueThroughoutAloneIsNoRename) {
  HandModel a, b;
  a.floats("old.bias", kZeros);
  b.floats("new.bias", kZeros);
  Diff d = diff(a.model, b.model);
  EXPECT_THAT(d.pairs, IsEmpty());
  EXPECT_EQ(d.added.size(), 1u);
}

TEST(Diff, DuplicatesAreRenamedByTheEndOfTheirNames) {
  HandModel a, b;
  a.floats("old.1.w", kOne);
  a.floats("old.2.w", kOne);
  b.floats("new.2.w", kOne);
  b.floats("new.1.w", kOne);
  b.floats("new.3.w", kOne);
  Diff d = diff(a.model, b.model);
  ASSERT_EQ(d.pairs.size(), 2u);
  EXPECT_EQ(d.pairs[0].name, "new.1.w");
  EXPECT_EQ(d.pairs[1].name, "new.2.w");
  EXPECT_THAT(d.added, ElementsAre(2u));
}

TEST(Diff, ANameUsedTwiceIsMatchedInOrder) {
  HandModel a, b;
  a.floats("0", kOne);
  a.floats("0", kTwo);
  b.floats("0", kOne);
  b.floats("0", {4, 5, 7});
  Diff d = diff(a.model, b.model);
  EXPECT_EQ(d.pairs.at(0).change, Change::kNone);
  EXPECT_EQ(d.pairs.at(1).change, Change::kValue);
}

TEST(Diff, TiedTensorsAreAllTold) {
  HandModel a, b;
  a.floats("x", kOne);
  a.model.tensors.push_back(a.model.tensors[0]);
  a.model.tensors[1].name = "y";
  a.model.storages[0].tensors = 2;
  b.floats("x", kTwo);
  b.model.tensors.push_back(b.model.tensors[0]);
  b.model.tensors[1].name = "y";
  b.model.storages[0].tensors = 2;
  Diff d = diff(a.model, b.model);
  EXPECT_EQ(d.pairs.at(0).values->max_abs, 3);
  EXPECT_EQ(d.pairs.at(1).values->max_abs, 3);
}

TEST(Diff, ATensorThatCannotBeReadFailsAlone) {
  HandModel a, b;
  a.floats("x", kOne);
  a.floats("y", kOne);
  b.floats("x", kOne);
  b.floats("y", kTwo);
  b.model.storages[0].size_bytes = 4;
  Diff d = diff(a.model, b.model);
  ASSERT_EQ(d.failures.size(), 1u);
  EXPECT_TRUE(d.failures[0].in_b);
  EXPECT_EQ(d.failures[0].row, 0u);
  EXPECT_EQ(d.pairs.size(), 1u);
}

TEST(Diff, NothingIsSaidOfATieThatCannotBeRead) {
  HandModel a, b;
  a.floats("x", kOne);
  a.model.tensors.push_back(a.model.tensors[0]);
  a.model.tensors[1].name = "y";
  a.model.storages[0].tensors = 2;
  b.floats("x", kOne);
  b.model.tensors.push_back(b.model.tensors[0]);
  b.model.tensors[1].name = "y";
  b.model.storages[0].tensors = 2;
  b.model.storages[0].size_bytes = 4;
  Diff d = diff(a.model, b.model);
  EXPECT_EQ(d.failures.size(), 1u);
  EXPECT_THAT(d.pairs, IsEmpty());
}

TEST(Diff, FiltersPickByTheNameInCommon) {
  HandModel a, b;
  a.floats("module.x", kOne);
  a.floats("module.y", kOne);
  b.floats("x", kOne);
  b.floats("y", kTwo);
  DiffOptions options;
  options.filter = NameFilter(std::vector<std::string>{"x"});
  EXPECT_TRUE(diff(a.model, b.model, options).same());
}

struct WithObjects {
  Model model;
  ObjectGraph& graph = model.objects;
  WithObjects() { model.form = Form::kTorchSaveZip; }
};

TEST(DiffObjects, ValuesKeysAndItems) {
  WithObjects a, b;
  auto build = [](WithObjects& m, int64_t epoch, const char* extra) {
    ObjectRef inner =
        dict(m.graph, {text(m.graph, "lr"), m.graph.add_float(0.5),
                       text(m.graph, extra), m.graph.add_none()});
    m.model.root =
        dict(m.graph, {text(m.graph, "epoch"), m.graph.add_int(epoch),
                       text(m.graph, "groups"), list(m.graph, {inner}),
                       m.graph.add_int(0), text(m.graph, "same")});
  };
  build(a, 3, "old");
  build(b, 4, "new");
  ObjectsDiff d = diff_objects(a.model, b.model);
  EXPECT_TRUE(d.compared);
  ASSERT_EQ(d.changes.size(), 3u);
  EXPECT_EQ(d.changes[0].path, "epoch");
  EXPECT_EQ(d.changes[1].path, "groups.0.old");
  EXPECT_EQ(d.changes[1].kind, ObjectDiff::Kind::kRemoved);
  EXPECT_EQ(d.changes[2].path, "groups.0.new");
  EXPECT_THAT(diff_objects(a.model, a.model).changes, IsEmpty());
}

TEST(DiffObjects, CyclesAndDepthEnd) {
  auto build = [](WithObjects& m, int64_t leaf) {
    ObjectRef top = list(m.graph, {});
    ObjectRef ref = m.graph.add_int(leaf);
    for (int i = 0; i < 100'000; ++i) ref = list(m.graph, {ref});
    const ObjectRef items[] = {ref, top};
    m.graph.append(top, items);
    m.model.root = top;
  };
  WithObjects a, b;
  build(a, 1);
  build(b, 2);
  ObjectsDiff d = diff_objects(a.model, b.model);
  ASSERT_EQ(d.changes.size(), 1u);
  EXPECT_LT(d.changes[0].path.size(), 5000u);
}

TEST(DiffObjects, TensorsAreLeftOut) {
  WithObjects a, b;
  ObjectRef tensor = object(a.graph, "torch._utils._rebuild_tensor_v2");
  a.model.root =
      dict(a.graph, {text(a.graph, "w"), tensor, text(a.graph, "all"),
                     dict(a.graph, {text(a.graph, "v"), tensor})});
  b.model.root = dict(b.graph, {});
  EXPECT_THAT(diff_objects(a.model, b.model).changes, IsEmpty());
}

TEST(Diff, EveryFixtureIsTheSameAsItself) {
  namespace fs = std::filesystem;
  size_t read = 0;
  for (const auto& entry : fs::directory_iterator(TSINSPECT_FIXTURES)) {
    try {
      Model a = open_model(entry.path()), b = open_model(entry.path());
      Diff d = diff(a, b);
      EXPECT_TRUE(d.same()) << entry.path();
      EXPECT_TRUE(d.wrapper_a.empty()) << entry.path();
      ++read;
    } catch (const Error&) {
    }
  }
  EXPECT_GT(read, 20u);
}

}  // namespace
}  // namespace tsinspect
