#include "rebuild/tensor_rebuilder.h"

#include <gmock/gmock.h>

#include <deque>

#include "pickle/pickle.h"
#include "support/pickle_builder.h"

namespace tsinspect {
namespace {

using pkl::Code;
using testing::ElementsAre;
using testing::SizeIs;

class RebuilderTest : public testing::Test {
 protected:
  ObjectRef read(const Code& value) {
    pickles_.push_back(pkl::pickle(value));
    ByteReader in(pickles_.back());
    return read_pickle(&in, kNoIndex, &model_.objects, &model_.imports);
  }

  std::vector<Part> rebuild(ObjectRef value) {
    std::vector<Part> parts;
    was_tensor_ = rebuilder_.rebuild(value, &parts);
    return parts;
  }

  std::deque<std::string> pickles_;
  Model model_;
  std::vector<std::string> asked_;  // Keys of storages.
  TensorRebuilder rebuilder_{&model_, [this](const StorageId& id) -> uint32_t {
                               asked_.emplace_back(id.key);
                               return 7;
                             }};
  bool was_tensor_ = false;
};

TEST_F(RebuilderTest, AsksForTheStorageOfATensor) {
  auto parts = rebuild(read(pkl::float_vector("key", 3)));
  EXPECT_TRUE(was_tensor_);
  ASSERT_THAT(parts, SizeIs(1));
  EXPECT_EQ(parts[0].tensor.storage, 7u);
  EXPECT_STREQ(parts[0].suffix, "");
  EXPECT_THAT(asked_, ElementsAre("key"));
}

TEST_F(RebuilderTest, OtherValuesAreNoTensors) {
  for (const Code& value :
       {pkl::none(), pkl::integer(1), pkl::list({pkl::float_vector("a", 1)}),
        pkl::global("torch._utils._rebuild_tensor_v2"),
        pkl::call(pkl::global("os.system"), {pkl::text("true")}),
        pkl::call(pkl::call(pkl::global("a.B"), {}), {}), pkl::ordered_dict({}),
        pkl::persistent(pkl::integer(3))}) {
    EXPECT_THAT(rebuild(read(value)), SizeIs(0));
    EXPECT_FALSE(was_tensor_);
  }
  EXPECT_THAT(asked_, SizeIs(0));
}

TEST_F(RebuilderTest, AFinderKnowsOtherPersistentIds) {
  rebuilder_.set_tensor_finder([&](ObjectRef persistent, Tensor* tensor) {
    ObjectRef id = model_.objects.items(persistent)[0];
    if (model_.objects.integer(id) != 3) return false;
    tensor->shape = {5};
    return true;
  });
  auto parts = rebuild(read(pkl::persistent(pkl::integer(3))));
  ASSERT_THAT(parts, SizeIs(1));
  EXPECT_THAT(parts[0].tensor.shape, ElementsAre(5));
  EXPECT_THAT(rebuild(read(pkl::persistent(pkl::integer(4)))), SizeIs(0));
}

TEST_F(RebuilderTest, UnwrapsCallsThatOnlyWrap) {
  Code inner = pkl::list({pkl::integer(1)});
  Code wrapped = pkl::call(
      pkl::global("torch.jit._pickle.restore_type_tag"),
      {pkl::call(pkl::global("builtins.list"), {inner}), pkl::text("List")});
  ObjectRef value = rebuilder_.unwrap(read(wrapped));
  EXPECT_EQ(model_.objects.kind(value), ObjectKind::kList);
}

TEST_F(RebuilderTest, LeavesWhatWrapsNothing) {
  for (const Code& value :
       {pkl::call(pkl::global("builtins.list"), {}),
        pkl::call(pkl::global("a.B"), {pkl::integer(1)}), pkl::integer(1)}) {
    ObjectRef ref = read(value);
    EXPECT_EQ(rebuilder_.unwrap(ref), ref);
  }
}

TEST_F(RebuilderTest, KnowsMappings) {
  EXPECT_TRUE(rebuilder_.is_mapping(read(pkl::ordered_dict({}))));
  EXPECT_FALSE(rebuilder_.is_mapping(read(pkl::dict({}))));
  EXPECT_FALSE(rebuilder_.is_mapping(read(pkl::call(pkl::global("a.B"), {}))));
}

TEST_F(RebuilderTest, ACallThatWrapsItselfEnds) {
  // l = []; l.append(list(*l))
  ObjectRef value =
      read("cbuiltins\nlist\n" + pkl::put(0, "]") + "R" + pkl::put(1, "") +
           "0" + pkl::get(0) + pkl::get(1) + "a0" + pkl::get(1));
  EXPECT_EQ(rebuilder_.unwrap(value), value);
}

TEST_F(RebuilderTest, KeepsDetailsOfATensorOnce) {
  ObjectRef value =
      read(pkl::call(pkl::global("torch._utils._rebuild_wrapper_subclass"),
                     {pkl::global("my.Tensor"), pkl::global("torch.float32"),
                      pkl::integers({2}), pkl::integers({1}), pkl::integer(0),
                      pkl::none(), pkl::none(), pkl::boolean(false)}));
  auto first = rebuild(value);
  auto second = rebuild(value);
  EXPECT_EQ(first[0].tensor.details, second[0].tensor.details);
}

}  // namespace
}  // namespace tsinspect
