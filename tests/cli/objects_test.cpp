#include "render/objects.h"

#include <gtest/gtest.h>

#include "analysis/hand_made.h"
#include "captured.h"

namespace tsinspect::cli {
namespace {

std::string printed(const ObjectGraph& graph, ObjectRef ref,
                    bool full = false) {
  return captured([&](Output& out) { print_object(out, graph, ref, full); });
}

std::string json_of(const ObjectGraph& graph, ObjectRef ref) {
  return captured([&](Output& out) {
    Json json(out);
    write_object(json, graph, ref, false);
  });
}

TEST(Objects, ShortOnesStayOnOneLine) {
  ObjectGraph graph;
  ObjectRef group = dict(graph, {text(graph, "lr"), graph.add_float(0.1)});
  EXPECT_EQ(printed(graph, group), "{'lr': 0.1}\n");
}

TEST(Objects, LongOnesAreIndented) {
  ObjectGraph graph;
  ObjectRef group = dict(graph, {text(graph, "lr"), graph.add_float(0.1)});
  ObjectRef root =
      dict(graph, {text(graph, "param_groups"), list(graph, {group}),
                   text(graph, "name"), text(graph, std::string(50, 'x'))});
  EXPECT_EQ(printed(graph, root),
            "{\n"
            "  'param_groups': [{'lr': 0.1}],\n"
            "  'name': '" +
                std::string(50, 'x') +
                "',\n"
                "}\n");
}

TEST(Objects, CyclesAndDepthEnd) {
  ObjectGraph graph;
  ObjectRef cycle = list(graph, {text(graph, std::string(80, 'x'))});
  ObjectRef itself[] = {cycle, cycle};
  graph.append(cycle, itself);
  EXPECT_LT(printed(graph, cycle).size(), 100'000u);
  EXPECT_LT(json_of(graph, cycle).size(), 100'000u);

  ObjectRef deep = list(graph, {});
  for (int i = 0; i < 1'000'000; ++i) deep = list(graph, {deep});
  EXPECT_LT(printed(graph, deep, true).size(), 100'000u);
  EXPECT_LT(json_of(graph, deep).size(), 1'000u);
}

TEST(Objects, LongListsAreCut) {
  ObjectGraph graph;
  std::vector<ObjectRef> items(5000, graph.add_int(1234));
  std::string text = printed(graph, list(graph, items));
  EXPECT_NE(text.find("… 4,980 more"), std::string::npos);
  EXPECT_EQ(printed(graph, list(graph, items), true).find("more"),
            std::string::npos);
}

TEST(Objects, JsonKeepsNumbersAndClasses) {
  ObjectGraph graph;
  ObjectRef space = object(graph, "argparse.Namespace");
  graph.set_state(space, dict(graph, {text(graph, "seed"), graph.add_int(5)}));
  ObjectRef root = dict(
      graph, {text(graph, "a"), tuple(graph, {graph.add_float(0.5)}),
              graph.add_int(0), space, text(graph, "n"), graph.add_none()});
  EXPECT_EQ(json_of(graph, root),
            R"({"a":[0.5],"0":{"__class__":"argparse.Namespace","seed":5},)"
            R"("n":null})");
}

}  // namespace
}  // namespace tsinspect::cli
