#include <gmock/gmock.h>

#include <set>

#include "rebuild/globals.h"
#include "support/expect_error.h"
#include "support/torch_file.h"

namespace tsinspect {
namespace {

using testing::ElementsAre;
using namespace std::string_literals;
using pkl::Code;

// numpy.dtype(type, False, True) with its byte order as state.
Code dtype(std::string_view type, std::string_view order = "<",
           const Code& fields = pkl::none()) {
  return pkl::build(
      pkl::call(pkl::global("numpy.dtype"),
                {pkl::text(type), pkl::boolean(false), pkl::boolean(true)}),
      pkl::tuple({pkl::integer(3), pkl::text(order), pkl::none(), pkl::none(),
                  fields, pkl::integer(-1), pkl::integer(-1),
                  pkl::integer(0)}));
}

Code reconstruct(const std::vector<Code>& state,
                 const char* core = "numpy.core") {
  return pkl::build(
      pkl::call(
          pkl::global(std::string(core) + ".multiarray._reconstruct"),
          {pkl::global("numpy.ndarray"), pkl::integers({0}), pkl::bytes("b")}),
      pkl::tuple(state));
}

Code array(const Code& type, const std::vector<int64_t>& shape,
           const Code& data, bool fortran = false) {
  return reconstruct({pkl::integer(1), pkl::integers(shape), type,
                      pkl::boolean(fortran), data});
}

Code from_buffer(const char* core, const char* order) {
  return pkl::call(pkl::global(std::string(core) + ".numeric._frombuffer"),
                   {pkl::bytes("abcdef"), dtype("i2"), pkl::integers({3, 1}),
                    pkl::text(order)});
}

Model read(const Code& value) { return opened(pkl::pickle(value)); }

struct Example {
  const char* global;
  Code value;
  const char* tensor;
};

std::vector<Example> examples() {
  std::vector<Code> state = {pkl::integer(1), pkl::integers({2}), dtype("f4"),
                             pkl::boolean(false), pkl::bytes("abcdefgh")};
  return {
      {"numpy.core.multiarray._reconstruct", reconstruct(state),
       " tensor float32 [2] [1]+0 @0"},
      {"numpy._core.multiarray._reconstruct", reconstruct(state, "numpy._core"),
       " tensor float32 [2] [1]+0 @0"},
      {"numpy.core.numeric._frombuffer", from_buffer("numpy.core", "C"),
       " tensor int16 [3,1] [1,1]+0 @0"},
      {"numpy._core.numeric._frombuffer", from_buffer("numpy._core", "F"),
       " tensor int16 [3,1] [1,3]+0 @0"},
  };
}

TEST(NumpyGlobals, EachMeansAnArray) {
  for (const Example& example : examples()) {
    SCOPED_TRACE(example.global);
    EXPECT_THAT(tensor_lines(read(example.value)), ElementsAre(example.tensor));
  }
}

TEST(NumpyGlobals, EveryRowHasAnExample) {
  std::set<std::string> rows, shown;
  for (const GlobalMeaning& row : numpy_globals()) rows.insert(row.name);
  for (const Example& example : examples()) shown.insert(example.global);
  EXPECT_EQ(rows, shown);
}

TEST(NumpyArray, DataLiesInThePickle) {
  Model model = read(array(dtype("f4"), {2}, pkl::bytes("abcdefgh")));
  EXPECT_EQ(value_bytes(model, 0), "abcdefgh");
  EXPECT_EQ(model.storages[0].record, kNoIndex);
  EXPECT_EQ(model.storages[0].size_bytes, 8u);
}

TEST(NumpyArray, MayBeInFortranOrder) {
  Model model = read(array(dtype("u1"), {2, 3}, pkl::bytes("abcdef"), true));
  EXPECT_THAT(tensor_lines(model),
              ElementsAre(" tensor uint8 [2,3] [1,2]+0 @0"));
  EXPECT_EQ(value_bytes(model, 0), "acebdf");
}

TEST(NumpyArray, MayBeBigEndian) {
  Model model = read(array(dtype("i2", ">"), {2}, pkl::bytes("abcd")));
  EXPECT_EQ(value_bytes(model, 0), "badc");
}

TEST(NumpyArray, OfProtocol2HasItsBytesAsLatin1) {
  auto encode = [](std::string_view text) {
    return pkl::call(pkl::global("_codecs.encode"),
                     {pkl::text(text), pkl::text("latin1")});
  };
  Model model =
      read(array(dtype("u1"), {6}, encode("a\x7f\u0080\u00bf\u00c0ÿ")));
  EXPECT_EQ(value_bytes(model, 0), "a\x7f\x80\xbf\xc0\xff");
}

TEST(NumpyArray, OfProtocol2MayBeEmpty) {
  for (const char* name : {"__builtin__.bytes", "builtins.bytes"}) {
    Model model =
        read(array(dtype("f4"), {0, 3}, pkl::call(pkl::global(name), {})));
    EXPECT_THAT(tensor_lines(model),
                ElementsAre(" tensor float32 [0,3] [3,1]+0 @0"));
    EXPECT_EQ(value_bytes(model, 0), "");
  }
}

TEST(NumpyArray, OfPython2HasItsBytesAsAString) {
  Model model = read(array(dtype("u1"), {3}, "U\3a\xff\x80"));
  EXPECT_EQ(value_bytes(model, 0), "a\xff\x80");
}

TEST(NumpyArray, HasNoVersionInTheOldestFiles) {
  Model model = read(reconstruct(
      {pkl::integers({2}), dtype("u1"), pkl::integer(0), pkl::bytes("ab")}));
  EXPECT_EQ(value_bytes(model, 0), "ab");
}

TEST(NumpyArray, OfTextIsOpaque) {
  Model model = read(array(dtype("U2"), {1}, pkl::bytes("abcdefgh")));
  EXPECT_EQ(model.tensors[0].dtype, DType::kOpaque);
  EXPECT_EQ(model.tensors[0].details->opaque_type, "<U2");
  EXPECT_EQ(model.tensors[0].details->opaque_bytes, 8u);
}

TEST(NumpyArray, OfObjectsIsLookedInto) {
  Model model =
      read(array(dtype("O", "|"), {1},
                 pkl::list({array(dtype("u1"), {1}, pkl::bytes("a"))})));
  EXPECT_EQ(model.tensors.size(), 1u);
  EXPECT_EQ(model.tensors[0].dtype, DType::kUInt8);
}

TEST(NumpyArray, MetTwiceHasOneStorage) {
  Model model = read(pkl::list(
      {pkl::put(1, array(dtype("u1"), {2}, pkl::bytes("ab"))), pkl::get(1)}));
  EXPECT_THAT(tensor_lines(model), ElementsAre("0 tensor uint8 [2] [1]+0 @0",
                                               "1 tensor uint8 [2] [1]+0 @0"));
  EXPECT_EQ(model.storages[0].tensors, 2u);
}

struct Bad {
  Code value;
  ErrorKind kind;
  const char* what;
};

TEST(BadNumpyArray, IsRefusedByName) {
  const Code data = pkl::bytes("abcd");
  const Code name = pkl::global("_codecs.encode");
  const std::vector<Bad> all = {
      {reconstruct({pkl::integers({1}), dtype("u1"), pkl::integer(0)}),
       ErrorKind::kMalformed,
       "numpy.core.multiarray._reconstruct: its state has too few fields"},
      {array(pkl::text("f4"), {1}, data), ErrorKind::kMalformed,
       "numpy.core.multiarray._reconstruct: its dtype is no dtype"},
      {array(dtype("q9"), {1}, data), ErrorKind::kUnsupported,
       "NumPy array of type '<q9'"},
      {array(dtype("V8", "|", pkl::dict({})), {1}, data),
       ErrorKind::kUnsupported, "NumPy array of type '|V8'"},
      {array(dtype("f4"), {1}, pkl::integer(5)), ErrorKind::kUnsupported,
       "NumPy array of objects"},
      {array(dtype("f4"), {1}, pkl::call(name, {})), ErrorKind::kMalformed,
       "numpy.core.multiarray._reconstruct: its data is missing"},
      {array(dtype("f4"), {1}, pkl::call(name, {data})), ErrorKind::kMalformed,
       "numpy.core.multiarray._reconstruct: its data is no text"},
      {array(dtype("f4"), {1}, pkl::call(name, {pkl::text("abc€")})),
       ErrorKind::kMalformed,
       "numpy.core.multiarray._reconstruct: its data is no Latin-1 text"},
      {array(dtype("f4"), {1}, pkl::call(name, {pkl::text("abc\xc3")})),
       ErrorKind::kMalformed,
       "numpy.core.multiarray._reconstruct: its data is no Latin-1 text"},
      {array(dtype("f4"), {1}, pkl::call(name, {pkl::text("ab\xc3z")})),
       ErrorKind::kMalformed,
       "numpy.core.multiarray._reconstruct: its data is no Latin-1 text"},
      {reconstruct(
           {pkl::tuple({pkl::text("1")}), dtype("u1"), pkl::integer(0), data}),
       ErrorKind::kMalformed,
       "numpy.core.multiarray._reconstruct: its shape is no integer"},
      {pkl::call(pkl::global("numpy.core.numeric._frombuffer"), {data}),
       ErrorKind::kMalformed, "numpy.core.numeric._frombuffer: no dtype"},
  };
  for (const Bad& bad : all) {
    expect_error(bad.kind, "tensor 'x': "s + bad.what, [&] {
      read(pkl::dict({{pkl::text("x"), bad.value}}));
    });
  }
}

TEST(BadNumpyArray, HasFewerBytesThanItsShape) {
  expect_error(
      ErrorKind::kMalformed,
      "tensor 'x': shape [2], strides [1] and offset 0 reach 2 "
      "elements of float32, but its storage has 7 bytes",
      [] {
        read(pkl::dict({{pkl::text("x"),
                         array(dtype("f4"), {2}, pkl::bytes("abcdefg"))}}));
      });
}

}  // namespace
}  // namespace tsinspect
