#include "tsinspect/objects.h"

#include <gmock/gmock.h>

#include "support/object_text.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ObjectRef text(ObjectGraph& graph, std::string_view value) {
  return graph.add_bytes(ObjectKind::kString, value);
}

TEST(ObjectGraph, KeepsScalars) {
  ObjectGraph graph;
  EXPECT_EQ(graph.kind(graph.add_none()), ObjectKind::kNone);
  EXPECT_EQ(graph.integer(graph.add_bool(true)), 1);
  EXPECT_EQ(graph.integer(graph.add_bool(false)), 0);
  EXPECT_EQ(graph.integer(graph.add_int(INT64_MIN)), INT64_MIN);
  EXPECT_EQ(graph.floating(graph.add_float(-0.5)), -0.5);
  EXPECT_EQ(graph.bytes(text(graph, "ab")), "ab");
}

TEST(ObjectGraph, KeepsOneNodeForEqualSmallValues) {
  ObjectGraph graph;
  EXPECT_EQ(graph.add_none(), graph.add_none());
  EXPECT_EQ(graph.add_bool(true), graph.add_bool(true));
  EXPECT_NE(graph.add_bool(true), graph.add_bool(false));
  EXPECT_EQ(graph.add_int(4095), graph.add_int(4095));
  EXPECT_NE(graph.add_int(4096), graph.add_int(4096));
  EXPECT_NE(graph.add_int(-1), graph.add_int(-1));
}

TEST(ObjectGraph, ContainersGrowWhileOthersDo) {
  ObjectGraph graph;
  ObjectRef evens = graph.add_container(ObjectKind::kList, {});
  ObjectRef odds = graph.add_container(ObjectKind::kList, {});
  for (int64_t i = 0; i < 100; ++i) {
    ObjectRef number = graph.add_int(i);
    graph.append(i % 2 == 0 ? evens : odds, {&number, 1});
  }
  ASSERT_EQ(graph.items(evens).size(), 50u);
  ASSERT_EQ(graph.items(odds).size(), 50u);
  for (size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(graph.integer(graph.items(evens)[i]), int64_t(2 * i));
    EXPECT_EQ(graph.integer(graph.items(odds)[i]), int64_t(2 * i + 1));
  }
}

TEST(ObjectGraph, AnObjectHasThePartsItWasGiven) {
  ObjectGraph graph;
  ObjectRef type = graph.add_bytes(ObjectKind::kGlobal, "a.B");
  ObjectRef none = graph.add_container(ObjectKind::kTuple, {});
  ObjectRef object = graph.add_object(type, none);
  EXPECT_EQ(graph.callable(object), type);
  EXPECT_EQ(graph.arguments(object), none);
  EXPECT_EQ(graph.state(object), kNoObject);
  EXPECT_EQ(graph.list_items(object), kNoObject);
  graph.set_dict_items(object, graph.add_int(3));
  graph.set_state(object, graph.add_int(1));
  graph.set_list_items(object, graph.add_int(2));
  graph.set_state(object, graph.add_int(4));
  EXPECT_EQ(object_text(graph, object), "<a.B>()23|4");
  EXPECT_THAT(graph.items(object), IsEmpty());
}

TEST(ObjectGraph, OtherKindsHaveNoParts) {
  ObjectGraph graph;
  ObjectRef list = graph.add_container(ObjectKind::kList, {});
  for (ObjectRef ref : {graph.add_none(), graph.add_int(5), list}) {
    EXPECT_EQ(graph.callable(ref), kNoObject);
    EXPECT_EQ(graph.state(ref), kNoObject);
    EXPECT_EQ(graph.bytes(ref), "");
    EXPECT_THAT(graph.items(ref), IsEmpty());
    EXPECT_EQ(graph.global_name(ref), "");
  }
}

TEST(ObjectGraph, NamesGlobalsAndCallsOfThem) {
  ObjectGraph graph;
  ObjectRef type = graph.add_bytes(ObjectKind::kGlobal, "a.B");
  ObjectRef none = graph.add_container(ObjectKind::kTuple, {});
  ObjectRef object = graph.add_object(type, none);
  EXPECT_EQ(graph.global_name(type), "a.B");
  EXPECT_EQ(graph.global_name(object), "a.B");
  EXPECT_EQ(graph.global_name(graph.add_object(object, none)), "");
}

TEST(ObjectGraph, FindsTheLastOfEqualKeys) {
  ObjectGraph graph;
  ObjectRef one = graph.add_int(1), two = graph.add_int(2);
  const ObjectRef pairs[] = {text(graph, "a"), one, text(graph, "b"), one,
                             text(graph, "a"), two};
  ObjectRef dict = graph.add_container(ObjectKind::kDict, pairs);
  EXPECT_EQ(graph.find(dict, "a"), two);
  EXPECT_EQ(graph.find(dict, "b"), one);
  EXPECT_EQ(graph.find(dict, "c"), kNoObject);
}

TEST(ObjectGraph, FindsNothingWhereThereIsNoSuchKey) {
  ObjectGraph graph;
  ObjectRef value = graph.add_int(1);
  ObjectRef key = graph.add_bytes(ObjectKind::kBytes, "a");
  const ObjectRef pair[] = {key, value};
  EXPECT_EQ(graph.find(graph.add_container(ObjectKind::kDict, pair), "a"),
            kNoObject)
      << "b'a' is not 'a'.";
  const ObjectRef odd[] = {value};
  EXPECT_EQ(graph.find(graph.add_container(ObjectKind::kDict, odd), "a"),
            kNoObject);
  EXPECT_EQ(graph.find(graph.add_container(ObjectKind::kList, pair), "a"),
            kNoObject);
  EXPECT_EQ(graph.find(kNoObject, "a"), kNoObject);
}

TEST(ObjectGraph, OwnedTextStaysWhereItIs) {
  ObjectGraph graph;
  std::string_view first = graph.own("short");
  const char* at = first.data();
  for (int i = 0; i < 1000; ++i) graph.own(std::to_string(i));
  EXPECT_EQ(first.data(), at);
  EXPECT_EQ(first, "short");
  ObjectGraph moved = std::move(graph);
  EXPECT_EQ(first, "short");
}

TEST(ObjectGraph, MayHoldItself) {
  ObjectGraph graph;
  ObjectRef list = graph.add_container(ObjectKind::kList, {});
  graph.append(list, {&list, 1});
  EXPECT_THAT(graph.items(list), ElementsAre(list));
  EXPECT_EQ(object_text(graph, list), "[...]");
}

TEST(ObjectGraph, ReservingOverAndOverMovesNothingMoreThanOnce) {
  ObjectGraph graph;
  ObjectRef list = graph.add_container(ObjectKind::kList, {});
  for (int i = 0; i < 20'000; ++i) {
    graph.reserve(80);
    for (int j = 0; j < 11; ++j) graph.add_float(j);
    graph.append(list, {&list, 1});
  }
  EXPECT_EQ(graph.size(), 220'001u);
}

}  // namespace
}  // namespace tsinspect
