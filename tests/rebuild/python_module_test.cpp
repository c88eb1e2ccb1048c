#include <gmock/gmock.h>

#include "pickle/pickle.h"
#include "rebuild/collect.h"
#include "support/object_text.h"
#include "support/pickle_builder.h"

namespace tsinspect {
namespace {

using pkl::Code;
using testing::ElementsAre;
using testing::IsEmpty;

// What read_python_module makes of an object: "key role value" a member.
struct Taken {
  bool is_module = false;
  std::string type;
  std::optional<bool> training;
  std::vector<std::string> members;
};

Taken take_apart(const Code& value) {
  Code pickle = pkl::pickle(value);
  ObjectGraph graph;
  std::vector<Import> imports;
  ByteReader in(pickle);
  ObjectRef root = read_pickle(&in, kNoIndex, &graph, &imports);
  ModuleView view;
  Taken taken;
  taken.is_module = read_python_module(graph, root, &view);
  taken.type = view.type;
  taken.training = view.training;
  for (const auto& member : view.members) {
    taken.members.push_back(object_text(graph, member.key) + " " +
                            to_string(member.role) + " " +
                            object_text(graph, member.value));
  }
  return taken;
}

pkl::Tables tables() {
  return {.parameters = {{pkl::text("w"), pkl::integer(1)}},
          .buffers = {{pkl::text("b"), pkl::integer(2)}},
          .modules = {{pkl::text("0"), pkl::integer(3)}},
          .attributes = {{pkl::text("training"), pkl::boolean(true)},
                         {pkl::text("k"), pkl::integer(4)}}};
}

TEST(PythonModule, HasTablesAndAttributes) {
  Taken taken = take_apart(pkl::module("my.Net", tables()));
  EXPECT_TRUE(taken.is_module);
  EXPECT_EQ(taken.type, "my.Net");
  EXPECT_EQ(taken.training, true);
  EXPECT_THAT(taken.members, ElementsAre("'w' parameter 1", "'b' buffer 2",
                                         "'training' attribute True",
                                         "'k' attribute 4", "'0' attribute 3"));
}

TEST(PythonModule, TablesMayBePlainDicts) {
  Code state = pkl::dict({{pkl::text("_parameters"),
                           pkl::dict({{pkl::text("w"), pkl::integer(1)}})},
                          {pkl::text("_modules"), pkl::dict({})}});
  Taken taken =
      take_apart(pkl::build(pkl::call(pkl::global("my.Net"), {}), state));
  EXPECT_THAT(taken.members, ElementsAre("'w' parameter 1"));
  EXPECT_EQ(taken.training, std::nullopt);
}

TEST(PythonModule, OfProtocol0IsACallOfReconstructor) {
  for (const char* copyreg : {"copy_reg", "copyreg"}) {
    Code object =
        pkl::call(pkl::global(std::string(copyreg) + "._reconstructor"),
                  {pkl::global("my.Net"), pkl::global("__builtin__.object"),
                   pkl::none()});
    Taken taken = take_apart(pkl::build(object, pkl::module_state(tables())));
    EXPECT_TRUE(taken.is_module);
    EXPECT_EQ(taken.type, "my.Net");
  }
}

TEST(PythonModule, MayKeepItsSourceInAPersistentId) {
  Code type = pkl::persistent(
      pkl::tuple({pkl::text("module"), pkl::global("my.Net"),
                  pkl::text("net.py"), pkl::text("class Net: pass")}));
  Taken taken =
      take_apart(pkl::build(pkl::call(type, {}), pkl::module_state(tables())));
  EXPECT_TRUE(taken.is_module);
  EXPECT_EQ(taken.type, "my.Net");
}

TEST(PythonModule, MayComeFromInstOrObj) {
  Code state = pkl::module_state(tables());
  EXPECT_EQ(take_apart("(imy\nNet\n" + state + "b").type, "my.Net");
  EXPECT_EQ(take_apart("(cmy\nNet\no" + state + "b").type, "my.Net");
}

TEST(PythonModule, OfAnUnknownClassHasNoType) {
  Code type = pkl::call(pkl::global("a.make_class"), {});
  Taken taken =
      take_apart(pkl::build(pkl::call(type, {}), pkl::module_state(tables())));
  EXPECT_TRUE(taken.is_module);
  EXPECT_EQ(taken.type, "");
}

TEST(NoPythonModule, WithoutParametersOrModules) {
  Code object = pkl::call(pkl::global("my.Net"), {});
  Code modules = pkl::dict({{pkl::text("_modules"), pkl::dict({})}});
  for (const Code& value :
       {object, pkl::build(object, modules), pkl::build(object, pkl::none()),
        modules, pkl::integer(1), pkl::global("my.Net"),
        pkl::module_state(tables())}) {
    Taken taken = take_apart(value);
    EXPECT_FALSE(taken.is_module);
    EXPECT_THAT(taken.members, IsEmpty());
  }
}

TEST(HostilePythonModule, TablesOfOtherKindsAreEmpty) {
  for (const Code& table :
       {pkl::none(), pkl::integer(1), pkl::text("w"), pkl::global("a.B"),
        pkl::call(pkl::global("a.B"), {pkl::integer(1)})}) {
    Code state = pkl::dict({{pkl::text("_parameters"), table},
                            {pkl::text("_modules"), table},
                            {pkl::text("_buffers"), table},
                            {pkl::text("training"), pkl::text("yes")}});
    Taken taken =
        take_apart(pkl::build(pkl::call(pkl::global("my.Net"), {}), state));
    EXPECT_TRUE(taken.is_module);
    EXPECT_EQ(taken.training, std::nullopt);
    EXPECT_THAT(taken.members, ElementsAre("'training' attribute 'yes'"));
  }
}

TEST(HostilePythonModule, APersistentClassMayBeNoTuple) {
  for (const Code& id :
       {pkl::integer(1), pkl::tuple({}), pkl::tuple({pkl::text("module")}),
        pkl::tuple({pkl::text("module"), pkl::none()})}) {
    EXPECT_EQ(take_apart(pkl::build(pkl::call(pkl::persistent(id), {}),
                                    pkl::module_state(tables())))
                  .type,
              "");
  }
}

}  // namespace
}  // namespace tsinspect
