#include <gtest/gtest.h>

#include "pickle/pickle.h"
#include "rebuild/tensor_rebuilder.h"
#include "support/expect_error.h"
#include "support/pickle_builder.h"

namespace tsinspect {
namespace {

using pkl::Code;

// "dtype key device elements view_offset view_elements"; empty if it is no
// storage's id.
std::string parse(const Code& value) {
  Code pickle = pkl::pickle(value);
  ObjectGraph graph;
  std::vector<Import> imports;
  ByteReader in(pickle);
  ObjectRef root = read_pickle(&in, kNoIndex, &graph, &imports);
  StorageId id;
  if (!parse_storage_id(graph, root, &id)) return "";
  std::string out = dtype_info(id.dtype).name;
  for (std::string_view text : {id.key, id.device}) {
    out.append(" ").append(text);
  }
  for (uint64_t number : {id.elements, id.view_offset, id.view_elements}) {
    out += " " + std::to_string(number);
  }
  return out;
}

// ('storage', type, key, device, elements, …)
Code id(const Code& type, const Code& key, const Code& elements,
        const Code& view = "") {
  return pkl::persistent(pkl::tuple(
      {pkl::text("storage"), type, key, pkl::text("cuda:0"), elements, view}));
}

const Code kFloat = pkl::global("torch.FloatStorage");

TEST(StorageId, HasTypeKeyDeviceAndSize) {
  EXPECT_EQ(parse(id(kFloat, pkl::text("a"), pkl::integer(6))),
            "float32 a cuda:0 6 0 6");
  EXPECT_EQ(parse(id(kFloat, pkl::text("a"), pkl::integer(6), pkl::none())),
            "float32 a cuda:0 6 0 6");
}

TEST(StorageId, TakesItsTypeFromAnyModule) {
  EXPECT_EQ(parse(id(pkl::global("torch.cuda.HalfStorage"), pkl::text("a"),
                     pkl::integer(6))),
            "float16 a cuda:0 6 0 6");
  EXPECT_EQ(parse(id(pkl::global("torch.storage.UntypedStorage"),
                     pkl::text("a"), pkl::integer(6))),
            "uint8 a cuda:0 6 0 6");
  EXPECT_EQ(parse(id(pkl::global("torch.storage._UntypedStorage"),
                     pkl::text("a"), pkl::integer(6))),
            "uint8 a cuda:0 6 0 6");
}

TEST(StorageId, MayHaveALongForItsSize) {
  EXPECT_EQ(parse(id(kFloat, pkl::text("a"), "\x8a\1\6")),
            "float32 a cuda:0 6 0 6");
}

TEST(StorageId, MayBeAViewOfItsRoot) {
  Code view = pkl::tuple({pkl::text("v"), pkl::integer(2), pkl::integer(3)});
  EXPECT_EQ(parse(id(kFloat, pkl::text("a"), pkl::integer(6), view)),
            "float32 a cuda:0 6 2 3");
}

TEST(StorageId, OfSomethingElseIsNone) {
  EXPECT_EQ(parse(pkl::integer(1)), "");
  EXPECT_EQ(parse(pkl::persistent(pkl::integer(1))), "");
  EXPECT_EQ(parse(pkl::persistent(pkl::tuple({pkl::text("storage")}))), "");
  EXPECT_EQ(parse(pkl::persistent(
                pkl::tuple({pkl::text("module"), pkl::global("a.B"),
                            pkl::text("f"), pkl::text("s"), pkl::none()}))),
            "");
}

TEST(BadStorageId, IsRefused) {
  const Code key = pkl::text("a"), six = pkl::integer(6);
  struct Bad {
    Code value;
    ErrorKind kind;
    const char* what;
  };
  const Bad all[] = {
      {id(pkl::text("FloatStorage"), key, six), ErrorKind::kMalformed,
       "storage id: it has no type"},
      {id(pkl::global("os.system"), key, six), ErrorKind::kUnsupported,
       "storage of type 'os.system'"},
      {id(kFloat, pkl::integer(7), six), ErrorKind::kMalformed,
       "storage id: its key is no string"},
      {id(kFloat, key, pkl::integer(-1)), ErrorKind::kMalformed,
       "storage id: its size is no count"},
      {id(kFloat, key, pkl::text("6")), ErrorKind::kMalformed,
       "storage id: its size is no count"},
      {id(kFloat, key, "\x8a\x09\1\2\3\4\5\6\7\x08\x09"), ErrorKind::kMalformed,
       "storage id: its size is no count"},
      {id(kFloat, key, six, pkl::integers({1, -2, 3})), ErrorKind::kMalformed,
       "storage id: its view offset is no count"},
      {id(kFloat, key, six, pkl::integers({1, 2, -3})), ErrorKind::kMalformed,
       "storage id: its view size is no count"},
  };
  for (const Bad& bad : all) {
    expect_error(bad.kind, bad.what, [&] { parse(bad.value); });
  }
}

}  // namespace
}  // namespace tsinspect
