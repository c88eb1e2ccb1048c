#include "tensorflow/object_graph.h"

#include <gmock/gmock.h>

#include "format/temp_folder.h"
#include "support/checkpoint_builder.h"

namespace tsinspect::tensorflow {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace object_field = trackable_object_graph_trackable_object;

// An object that refers to others by name.
struct Reference {
  std::string name;
  uint64_t node;
};

ProtoBuilder object(const std::vector<Reference>& children) {
  ProtoBuilder result;
  for (const auto& [name, node] : children) {
    result.message(object_field::kChildren,
                   ProtoBuilder().varint(1, node).bytes(2, name));
  }
  return result;
}

// A variable, by its name in Python and its key in the checkpoint.
ProtoBuilder variable(std::string_view name, std::string_view key) {
  return ProtoBuilder().message(
      object_field::kAttributes,
      ProtoBuilder().bytes(1, "VARIABLE_VALUE").bytes(2, name).bytes(3, key));
}

std::string graph_of(const std::vector<ProtoBuilder>& objects) {
  ProtoBuilder graph;
  for (const ProtoBuilder& item : objects) graph.message(1, item);
  return graph.text();
}

// A checkpoint with these variables, one float each, and that object graph.
Model open(const std::vector<std::string>& keys, const std::string& graph) {
  TempFolder folder;
  std::string text = shard_strings({graph});
  TableRows rows = {
      {"", bundle_header()},
      {"_CHECKPOINTABLE_OBJECT_GRAPH",
       bundle_entry({.dtype = 7, .offset = 4, .size = text.size()}).text()}};
  for (const std::string& key : keys) {
    rows.push_back({key, bundle_entry({}).text()});
  }
  folder.add("m.data-00000-of-00001", "1234" + text);
  return open_model(folder.add("m.index", table_of(rows)));
}

std::vector<std::string> names_of(const Model& model) {
  std::vector<std::string> names;
  for (size_t i = 1; i < model.tensors.size(); ++i) {
    names.emplace_back(model.tensors[i].display_name());
  }
  return names;
}

std::vector<std::string> paths_of(const Model& model) {
  std::vector<std::string> paths;
  for (const Module& module : model.modules) paths.push_back(module.path);
  return paths;
}

TEST(ObjectGraph, NamesVariablesAndTheirOwners) {
  Model model = open({"a/b/w", "a/w"},
                     graph_of({object({{"a", 1}}), object({{"b", 2}, {"w", 3}}),
                               object({{"w", 4}}), variable("net/w", "a/w"),
                               variable("net/block/w", "a/b/w")}));
  EXPECT_THAT(names_of(model), ElementsAre("net/block/w", "net/w"));
  EXPECT_EQ(model.tensors[1].recovered()->evidence, "object-graph");
  EXPECT_THAT(paths_of(model), ElementsAre("", "a", "a.b"));
  EXPECT_EQ(model.tensors[1].module, 2U);
  EXPECT_EQ(model.tensors[2].module, 1U);
  EXPECT_EQ(model.modules[2].parent, 1U);
}

TEST(ObjectGraph, GivesPathsForNamesThatSayNothing) {
  Model model = open(
      {"a", "b", "c", "d", "e"},
      graph_of({object({{"x", 1}, {"d", 5}}),
                object({{"a", 2}, {"b", 3}, {"c", 4}}), variable("kernel", "a"),
                variable("kernel", "b"), variable("", "c"), variable("d", "d"),
                variable("", "e")}));
  EXPECT_THAT(names_of(model), ElementsAre("x.a", "x.b", "x.c", "d", "e"));
}

TEST(ObjectGraph, GivesANameOnce) {
  Model model = open(
      {"a", "b"}, graph_of({object({{"x", 1}, {"y", 2}}),
                            variable("net/w", "b"), variable("net/w", "a")}));
  EXPECT_THAT(names_of(model), ElementsAre("y", "net/w"));
}

TEST(ObjectGraph, OfListsHasNoModules) {
  Model model = open(
      {"w"}, graph_of({object({{"variables", 1}}), object({{"0", 2}, {"1", 3}}),
                       variable("net/w", "w"), object({})}));
  EXPECT_THAT(names_of(model), ElementsAre("net/w"));
  EXPECT_THAT(model.modules, IsEmpty());
}

TEST(ObjectGraph, RefersToItselfInCircles) {
  Model model =
      open({"w"}, graph_of({object({{"self", 0}, {"next", 1}}),
                            object({{"back", 0}, {"self", 1}, {"w", 2}}),
                            variable("net/w", "w")}));
  EXPECT_THAT(paths_of(model), ElementsAre("", "next"));
}

TEST(ObjectGraph, RefersToWhatIsNotThere) {
  Model model = open(
      {"w"}, graph_of({object({{"a", 7}, {"b", UINT64_MAX}}),
                       variable("net/w", "other"), variable("net/v", "w")}));
  EXPECT_THAT(names_of(model), ElementsAre("net/v"));
  EXPECT_THAT(model.modules, IsEmpty());
  EXPECT_THAT(names_of(open({"w"}, "")), ElementsAre("w"));
}

// The path of each object holds those of all above it.
TEST(ObjectGraph, IsAHundredThousandDeep) {
  std::vector<ProtoBuilder> objects;
  constexpr uint64_t kDepth = 100'000;
  for (uint64_t i = 0; i < kDepth; ++i) {
    objects.push_back(object({{"child", i + 1}}));
  }
  objects.push_back(variable("net/w", "w"));
  Model model = open({"w"}, graph_of(objects));
  EXPECT_THAT(names_of(model), ElementsAre("net/w"));
  EXPECT_THAT(model.modules, IsEmpty());
}

TEST(ObjectGraph, ThatIsNoMessageIsAFinding) {
  for (std::string_view graph : {"\x0a\x05", "\xff\xff\xff", "\x0b", "\x08"}) {
    Model model = open({"w"}, std::string(graph));
    EXPECT_THAT(model.tensors, SizeIs(2));
    // A field that nobody asks for may be anything.
    if (graph == "\x08") continue;
    ASSERT_EQ(model.findings.size(), 1U);
    EXPECT_EQ(model.findings[0].rule, "object-graph");
  }
}

TEST(ObjectGraph, MayBeCutAnywhere) {
  std::string graph =
      graph_of({object({{"a", 1}}), object({{"w", 2}}), variable("n/w", "w")});
  for (size_t size = 0; size < graph.size(); ++size) {
    EXPECT_THAT(open({"w"}, graph.substr(0, size)).tensors, SizeIs(2));
  }
}

}  // namespace
}  // namespace tsinspect::tensorflow
