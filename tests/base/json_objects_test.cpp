#include "base/json_objects.h"

#include <gtest/gtest.h>

#include "support/expect_error.h"
#include "support/object_text.h"

namespace tsinspect {
namespace {

std::string read(std::string_view text) {
  ObjectGraph graph;
  return object_text(graph, read_json_objects(text, "model.json", 0, &graph));
}

TEST(JsonObjects, GivesEachKindItsNode) {
  EXPECT_EQ(read(R"({"a": [1, -2.5, true, false, null, "b"], "c": {}})"),
            "{'a': [1, -2.5, True, False, None, 'b'], 'c': {}}");
}

TEST(JsonObjects, KeepsNestingAndOrder) {
  EXPECT_EQ(read(R"([[], [[1], 2], {"z": {"y": []}, "x": 3}, 4])"),
            "[[], [[1], 2], {'z': {'y': []}, 'x': 3}, 4]");
}

TEST(JsonObjects, KeepsEveryOneOfEqualKeys) {
  EXPECT_EQ(read(R"({"a": 1, "a": 2})"), "{'a': 1, 'a': 2}");
}

TEST(JsonObjects, ViewsIntoTheTextWhereThereAreNoEscapes) {
  std::string text = R"({"plain": "esc\u0061ped"})";
  ObjectGraph graph;
  ObjectRef root = read_json_objects(text, "x", 0, &graph);
  std::string_view key = graph.bytes(graph.items(root)[0]);
  std::string_view value = graph.bytes(graph.items(root)[1]);
  EXPECT_EQ(key.data(), text.data() + 2);
  EXPECT_EQ(value, "escaped");
  text.assign(text.size(), 'x');
  EXPECT_EQ(value, "escaped") << "The graph owns what it had to unescape.";
}

TEST(JsonObjects, NamesWhatIsNotJson) {
  ObjectGraph graph;
  expect_error(ErrorKind::kMalformed,
               "0x00000028: model.json is not valid JSON: a comma, colon, key "
               "or bracket is missing or superfluous",
               40,
               [&] { read_json_objects("[1 2]", "model.json", 40, &graph); });
}

TEST(JsonObjects, RefusesABareValue) {
  ObjectGraph graph;
  expect_error(ErrorKind::kMalformed,
               "0x00000000: model.json is not valid JSON: a single value, not "
               "an object or array",
               0, [&] { read_json_objects("7", "model.json", 0, &graph); });
}

TEST(JsonObjects, RefusesDeepNesting) {
  std::string text = std::string(1000, '[') + std::string(1000, ']');
  ObjectGraph graph;
  EXPECT_THROW(read_json_objects(text, "x", 0, &graph), Error);
}

}  // namespace
}  // namespace tsinspect
