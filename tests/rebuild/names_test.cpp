#include <gmock/gmock.h>

#include "rebuild/collect.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;

// Adds steps of a path one behind the other.
class Path {
 public:
  ObjectRef text(std::string_view value) {
    return model_.objects.add_bytes(ObjectKind::kString, value);
  }
  ObjectRef integer(int64_t value) { return model_.objects.add_int(value); }
  ObjectRef tuple(std::vector<ObjectRef> items) {
    return model_.objects.add_container(ObjectKind::kTuple, items);
  }
  Path& add(ObjectRef key) {
    model_.paths.push_back({last_, key, false});
    last_ = static_cast<uint32_t>(model_.paths.size() - 1);
    return *this;
  }

  std::string name() const { return dotted_name(model_, last_); }
  std::vector<std::string> steps() const { return key_path(model_, last_); }
  ObjectGraph& objects() { return model_.objects; }

 private:
  Model model_;
  uint32_t last_ = kNoIndex;
};

TEST(Names, JoinKeysWithDots) {
  Path path;
  path.add(path.text("a")).add(path.integer(-3)).add(path.text("w.x"));
  EXPECT_EQ(path.name(), "a.-3.w.x");
  EXPECT_THAT(path.steps(), ElementsAre("'a'", "-3", "'w.x'"));
}

TEST(Names, OfNoStepsAreEmpty) {
  Path path;
  EXPECT_EQ(path.name(), "");
  EXPECT_THAT(path.steps(), ElementsAre());
}

TEST(Names, OfOneStepAreItsKey) {
  Path path;
  path.add(path.text("it's"));
  EXPECT_EQ(path.name(), "it's");
}

TEST(Names, KeepKeysOfOtherTypesApart) {
  Path path;
  ObjectGraph& objects = path.objects();
  path.add(objects.add_none())
      .add(objects.add_bool(true))
      .add(objects.add_float(0.5))
      .add(objects.add_bytes(ObjectKind::kBytes, "b\xff"))
      .add(objects.add_bytes(ObjectKind::kGlobal, "torch.float32"));
  EXPECT_EQ(path.name(), "None.True.0.5.b'b\\xff'.<torch.float32>");
}

TEST(Names, WriteTuplesAsPythonDoes) {
  Path path;
  path.add(path.tuple({path.integer(1), path.text("a")}))
      .add(path.tuple({path.text("b")}))
      .add(path.tuple({}));
  EXPECT_EQ(path.name(), "(1, 'a').('b',).()");
  EXPECT_THAT(path.steps(), ElementsAre("(1, 'a')", "('b',)", "()"));
}

TEST(HostileNames, TuplesWithinThemselvesEnd) {
  Path path;
  ObjectRef tuple = path.tuple({});
  path.objects().append(tuple, {&tuple, 1});
  path.add(tuple);
  EXPECT_EQ(path.name(), "(((((…,),),),),)");
}

TEST(HostileNames, LongTuplesAreCut) {
  Path path;
  path.add(path.tuple(std::vector<ObjectRef>(1'000'000, path.integer(1))));
  EXPECT_EQ(path.name(), "(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, …)");
}

TEST(HostileNames, TuplesOfSharedTextStayShort) {
  // Would be 16^4 times the text.
  Path path;
  std::string text(1'000, 'x');
  ObjectRef key = path.text(text);
  for (int i = 0; i < 5; ++i) {
    key = path.tuple(std::vector<ObjectRef>(16, key));
  }
  path.add(key);
  EXPECT_LT(path.name().size(), 10'000u);
}

}  // namespace
}  // namespace tsinspect
