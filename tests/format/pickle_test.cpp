#include <gmock/gmock.h>

#include "support/expect_error.h"
#include "support/object_text.h"
#include "support/torch_file.h"

namespace tsinspect {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using namespace std::string_literals;

std::string text(std::string_view bytes) {
  Model model = opened(bytes);
  EXPECT_EQ(model.form, Form::kPickle);
  EXPECT_THAT(model.tensors, IsEmpty());
  return object_text(model.objects, model.root);
}

TEST(Pickle, ReadsAnyObject) {
  EXPECT_EQ(text(pkl::pickle(pkl::dict({{pkl::text("lr"), pkl::real(0.5)}}))),
            "{'lr': 0.5}");
  EXPECT_EQ(text("\x80\4\x95\2\0\0\0\0\0\0\0)."s), "()");
}

TEST(Pickle, ReadsTheOldProtocols) {
  EXPECT_EQ(text("(dp0\nVlr\nF0.5\ns."), "{'lr': 0.5}");
  EXPECT_EQ(text("}q\0U\2lrG\x3f\xe0\0\0\0\0\0\0s.\n"s), "{'lr': 0.5}");
}

TEST(Pickle, ListsItsImports) {
  Model model = opened(
      pkl::pickle(pkl::call(pkl::global("os.system"), {pkl::text("true")})));
  ASSERT_THAT(model.imports, SizeIs(1));
  EXPECT_EQ(model.imports[0].name, "os.system");
  EXPECT_EQ(model.imports[0].calls, 1u);
  EXPECT_EQ(model.imports[0].record, kNoIndex);
}

TEST(Pickle, ReadsPickledModules) {
  Model model = opened(pkl::pickle(pkl::module("my.Net", {})));
  EXPECT_THAT(module_lines(model), testing::ElementsAre(": my.Net"));
}

TEST(BadPickleFile, HasStoragesElsewhere) {
  expect_error(ErrorKind::kMalformed,
               "tensor '': storage '0': a pickle has no storages",
               [] { opened(pkl::pickle(pkl::float_vector("0", 2))); });
}

TEST(BadPickleFile, IsCutOff) {
  expect_error(ErrorKind::kMalformed,
               "0x00000003: unable to read opcode: need 1 byte, 0 remain", 3,
               [] { opened("\x80\2]"); });
}

TEST(BadPickleFile, IsTextThatStartsAsOne) {
  try {
    opened("I am a text, and no pickle.\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnsupported);
  }
}

}  // namespace
}  // namespace tsinspect
