#include "tsinspect/object_tree.h"

#include <gtest/gtest.h>

#include "analysis/hand_made.h"

namespace tsinspect {
namespace {

class ObjectTree : public testing::Test {
 protected:
  ObjectGraph graph;

  ObjectRef tensor(std::vector<int64_t> shape) {
    ObjectRef id = tuple(
        graph, {text(graph, "storage"),
                graph.add_bytes(ObjectKind::kGlobal, "torch.HalfStorage")});
    ObjectRef ids[] = {id};
    ObjectRef storage = graph.add_container(ObjectKind::kPersistent, ids);
    std::vector<ObjectRef> sizes;
    for (int64_t size : shape) sizes.push_back(graph.add_int(size));
    ObjectRef arguments =
        tuple(graph, {storage, graph.add_int(0), tuple(graph, sizes)});
    return graph.add_object(
        graph.add_bytes(ObjectKind::kGlobal, "torch._utils._rebuild_tensor_v2"),
        arguments);
  }
  std::string line(ObjectRef ref) { return one_line(graph, ref); }
};

TEST_F(ObjectTree, OneLineIsPython) {
  EXPECT_EQ(line(graph.add_none()), "None");
  EXPECT_EQ(line(graph.add_bool(true)), "True");
  EXPECT_EQ(line(graph.add_float(1)), "1.0");
  EXPECT_EQ(line(graph.add_float(0.1)), "0.1");
  EXPECT_EQ(line(text(graph, "a'\n")), "'a\\'\\n'");
  EXPECT_EQ(line(tuple(graph, {graph.add_int(1)})), "(1,)");
  EXPECT_EQ(line(dict(graph, {text(graph, "lr"), graph.add_float(0.5),
                              graph.add_int(0), list(graph, {})})),
            "{'lr': 0.5, 0: []}");
  EXPECT_EQ(line(tensor({2, 3})), "<tensor float16 [2, 3]>");
}

TEST_F(ObjectTree, BigIntegersAreHexadecimal) {
  auto big = [&](std::string bytes) {
    return line(graph.add_bytes(ObjectKind::kBigInt, graph.own(bytes)));
  };
  EXPECT_EQ(big(std::string("\0\0\0\0\0\0\0\0\1", 9)), "0x10000000000000000");
  EXPECT_EQ(big(std::string("\0\0\0\0\0\0\0\0\xff", 9)),
            "-0x10000000000000000");
}

TEST_F(ObjectTree, OneLineEnds) {
  ObjectRef cycle = list(graph, {});
  ObjectRef itself[] = {cycle};
  graph.append(cycle, itself);
  EXPECT_TRUE(line(cycle).ends_with("…"));

  ObjectRef deep = list(graph, {});
  for (int i = 0; i < 1'000'000; ++i) deep = list(graph, {deep});
  EXPECT_LT(line(deep).size(), 80u);

  EXPECT_LT(line(text(graph, std::string(1'000'000, 'x'))).size(), 80u);
}

TEST_F(ObjectTree, BriefCounts) {
  ObjectRef pairs = dict(graph, {text(graph, "a"), graph.add_int(1)});
  EXPECT_EQ(brief(graph, pairs), "dict, 1 key");
  ObjectRef ordered = object(graph, "collections.OrderedDict");
  graph.set_dict_items(ordered, pairs);
  EXPECT_EQ(brief(graph, ordered), "collections.OrderedDict, 1 key");
  ObjectRef space = object(graph, "argparse.Namespace");
  graph.set_state(space, pairs);
  EXPECT_EQ(brief(graph, space), "argparse.Namespace, 1 attribute");
  EXPECT_EQ(line(space), "argparse.Namespace(a=1)");
}

TEST_F(ObjectTree, ReconstructedObjectsHaveTheirClass) {
  ObjectRef cls = graph.add_bytes(ObjectKind::kGlobal, "my.Config");
  ObjectRef made = graph.add_object(
      graph.add_bytes(ObjectKind::kGlobal, "copy_reg._reconstructor"),
      tuple(graph, {cls}));
  EXPECT_EQ(type_name(graph, made), "my.Config");
}

TEST_F(ObjectTree, LookupFollowsKeysIndicesAndAttributes) {
  ObjectRef lr = graph.add_float(0.1);
  ObjectRef group = dict(graph, {text(graph, "lr"), lr});
  ObjectRef five = graph.add_int(5);
  ObjectRef space = object(graph, "argparse.Namespace");
  graph.set_state(space, dict(graph, {text(graph, "seed"), five}));
  ObjectRef root = dict(
      graph, {text(graph, "groups"), list(graph, {group}), text(graph, "args"),
              space, graph.add_int(7), five, graph.add_none(), lr,
              tuple(graph, {graph.add_int(1), graph.add_int(2)}), group});
  EXPECT_EQ(lookup(graph, root, "groups.0.lr"), lr);
  EXPECT_EQ(lookup(graph, root, "args.seed"), five);
  EXPECT_EQ(lookup(graph, root, "7"), five);
  EXPECT_EQ(lookup(graph, root, "None"), lr);
  EXPECT_EQ(lookup(graph, root, "(1, 2).lr"), lr);
  EXPECT_EQ(lookup(graph, root, ""), root);
  EXPECT_EQ(lookup(graph, root, "groups.1"), kNoObject);
  EXPECT_EQ(lookup(graph, root, "group"), kNoObject);
  EXPECT_EQ(lookup(graph, kNoObject, "x"), kNoObject);
}

TEST_F(ObjectTree, LookupFindsKeysWithDots) {
  ObjectRef one = graph.add_int(1), two = graph.add_int(2);
  ObjectRef a = dict(graph, {text(graph, "b.c"), one});
  ObjectRef root = dict(graph, {text(graph, "a"), a, text(graph, "a.b"),
                                dict(graph, {text(graph, "d"), two})});
  EXPECT_EQ(lookup(graph, root, "a.b.c"), one);
  EXPECT_EQ(lookup(graph, root, "a.b.d"), two);
}

TEST_F(ObjectTree, LookupReachesThroughAPickledModule) {
  ObjectRef stride = graph.add_int(2);
  ObjectRef conv = object(graph, "torch.nn.modules.conv.Conv2d");
  graph.set_state(conv, dict(graph, {text(graph, "stride"), stride}));
  ObjectRef net = object(graph, "my.Net");
  graph.set_state(net, dict(graph, {text(graph, "_modules"),
                                    dict(graph, {text(graph, "conv"), conv})}));
  EXPECT_EQ(lookup(graph, net, "conv.stride"), stride);
  EXPECT_EQ(lookup(graph, net, "_modules.conv.stride"), stride);
}

TEST_F(ObjectTree, LookupEndsOnCycles) {
  ObjectRef root = dict(graph, {});
  ObjectRef pair[] = {text(graph, ""), root};
  graph.append(root, pair);
  EXPECT_EQ(lookup(graph, root, std::string(1000, '.') + "x"), kNoObject);
}

}  // namespace
}  // namespace tsinspect
