#include <gmock/gmock.h>

#include "format/bytes.h"
#include "format/format.h"
#include "format/temp_folder.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

Model read(std::string_view bytes) {
  TempFolder folder;
  return open_model(folder.add("m", bytes));
}

std::string values(const Model& model, size_t tensor) {
  std::string bytes;
  read_values(model, model.tensors[tensor], [&](auto piece) {
    bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  return bytes;
}

TEST(Numpy, ReadsAnArray) {
  Model model =
      read(npy_of(npy_header("'<i2'", "False", "(2, 3)"), "aAbBcCdDeEfF"));
  EXPECT_EQ(model.form, Form::kNumpy);
  ASSERT_THAT(model.tensors, SizeIs(1));
  EXPECT_EQ(model.tensors[0].name, "");
  EXPECT_EQ(model.tensors[0].path, kNoIndex);
  EXPECT_EQ(model.tensors[0].dtype, DType::kInt16);
  EXPECT_THAT(model.tensors[0].strides, ElementsAre(3, 1));
  EXPECT_EQ(values(model, 0), "aAbBcCdDeEfF");
}

TEST(Numpy, ReadsFortranOrder) {
  Model model = read(npy_of(npy_header("'|u1'", "True", "(2, 3)"), "abcdef"));
  EXPECT_THAT(model.tensors[0].strides, ElementsAre(1, 2));
  EXPECT_EQ(values(model, 0), "acebdf");
}

TEST(Numpy, ReadsBigEndian) {
  Model model = read(npy_of(npy_header("'>i4'", "False", "(1,)"), "abcd"));
  EXPECT_EQ(values(model, 0), "dcba");
}

TEST(Numpy, ReadsVersions2And3) {
  for (char major : {2, 3}) {
    std::string header = npy_header("'<f8'", "False", "()");
    std::string file = "\x93NUMPY";
    file += major;
    file += '\0';
    file += little_endian(header.size(), 4) + header + "abcdefgh";
    EXPECT_EQ(read(file).tensors[0].dtype, DType::kFloat64);
  }
}

TEST(Numpy, KeepsTypesWithoutADTypeOpaque) {
  struct Case {
    const char* descr;
    const char* type;
    uint32_t bytes;
  };
  for (const Case& c : {
           Case{"'<U2'", "<U2", 8},
           Case{"'|S8'", "|S8", 8},
           Case{"'|V8'", "|V8", 8},
           Case{"'<M8[ns]'", "<M8[ns]", 8},
           Case{"[('a', '<f4'), ('b', '<i2', (2,))]",
                "[('a', '<f4'), ('b', '<i2', (2,))]", 8},
           Case{"[('x', [('y', '<f4')]), (('t', 'n'), '<u4')]",
                "[('x', [('y', '<f4')]), (('t', 'n'), '<u4')]", 8},
       }) {
    Model model =
        read(npy_of(npy_header(c.descr, "False", "(1,)"), "abcdefgh"));
    const Tensor& tensor = model.tensors.at(0);
    EXPECT_EQ(tensor.dtype, DType::kOpaque) << c.descr;
    EXPECT_EQ(tensor.details->opaque_type, c.type);
    EXPECT_EQ(tensor.details->opaque_bytes, c.bytes);
    EXPECT_EQ(values(model, 0), "abcdefgh");
  }
}

TEST(Numpy, TellsOfBytesBehindTheArray) {
  Model model = read(npy_of(npy_header("'|u1'", "False", "(2,)"), "abc"));
  ASSERT_THAT(model.findings, SizeIs(1));
  EXPECT_EQ(model.findings[0].rule, "trailing-bytes");
  EXPECT_EQ(values(model, 0), "ab");
}

struct BadArray {
  const char* name;
  std::string file;
  ErrorKind kind;
  const char* message;
};

class BadNumpy : public ::testing::TestWithParam<BadArray> {};

TEST_P(BadNumpy, IsRefused) {
  try {
    read(GetParam().file);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), GetParam().kind);
    EXPECT_THAT(error.what(), HasSubstr(GetParam().message));
  }
}

BadArray bad(const char* name, const char* descr, const char* order,
             const char* shape, const char* message,
             ErrorKind kind = ErrorKind::kMalformed) {
  return {name, npy_of(npy_header(descr, order, shape), "abcdefgh"), kind,
          message};
}

constexpr auto kMalformed = ErrorKind::kMalformed;
constexpr auto kUnsupported = ErrorKind::kUnsupported;

INSTANTIATE_TEST_SUITE_P(
    , BadNumpy,
    ::testing::Values(
        bad("Objects", "'|O'", "False", "(1,)", "unpickling", kUnsupported),
        bad("ObjectsInAField", "[('a', '<f4'), ('b', '|O')]", "False", "(1,)",
            "unpickling", kUnsupported),
        bad("UnknownType", "'<q9'", "False", "(1,)", "unknown type"),
        bad("NoType", "''", "False", "(1,)", "unknown type"),
        bad("TypeIsNumber", "5", "False", "(1,)", "descr is neither"),
        bad("FieldIsText", "['<f4']", "False", "(1,)", "a field of descr"),
        bad("FieldOfOne", "[('a',)]", "False", "(1,)", "a field of descr"),
        bad("FieldTooLarge", "[('a', '<f8', (99999999999,))]", "False", "(1,)",
            "too large"),
        bad("FieldNegative", "[('a', '<f8', (-1,))]", "False", "(1,)",
            "too large"),
        bad("OrderIsNumber", "'<f4'", "0", "(1,)", "fortran_order"),
        bad("ShapeIsNumber", "'<f4'", "False", "(1)", "shape is not a tuple"),
        bad("ShapeIsList", "'<f4'", "False", "[1]", "shape is not a tuple"),
        bad("ShapeOfText", "'<f4'", "False", "('1',)", "not a whole number"),
        bad("ShapeOfBools", "'<f4'", "False", "(True,)", "not a whole number"),
        bad("NegativeShape", "'<f4'", "False", "(-1,)", "not a whole number"),
        bad("TooShort", "'<f4'", "False", "(3,)", "has 8 bytes"),
        bad("Overflow", "'<f4'", "False", "(4294967296, 4294967296)",
            "impossible shape"),
        bad("Code", "__import__('os')", "False", "(1,)",
            "not a Python literal"),
        BadArray{"OtherKeys", npy_of("{'a': 1}", ""), kMalformed, "other keys"},
        BadArray{"MoreKeys",
                 npy_of("{'descr': '<f4', 'fortran_order': False, 'shape': (), "
                        "'x': 1}",
                        "abcd"),
                 kMalformed, "other keys"},
        BadArray{"NotADict", npy_of("[]", ""), kMalformed, "other keys"},
        BadArray{"NoHeader", "\x93NUMPY", kMalformed, "npy version"},
        BadArray{"CutOff", npy_of("{", "").substr(0, 9), kMalformed,
                 "npy header length"},
        BadArray{"Version9", "\x93NUMPY\x09\x01", kUnsupported,
                 "npy version 9.1"},
        BadArray{"HugeHeader",
                 std::string("\x93NUMPY\x02\0", 8) + "\xff\xff\xff\xff",
                 ErrorKind::kLimit, "npy header of 4294967295 bytes"}),
    [](const auto& test) { return test.param.name; });

TEST(Numpy, ReadsAnArchive) {
  Model model = read(zip_of({
      {"w/a.npy", npy_of(npy_header("'<i2'", "False", "(2,)"), "aAbB")},
      {"b.npy", npy_of(npy_header("'|b1'", "False", "()"), "\x01")},
  }));
  EXPECT_EQ(model.form, Form::kNumpy);
  ASSERT_THAT(model.tensors, SizeIs(2));
  EXPECT_EQ(model.tensors[0].name, "w/a");
  EXPECT_EQ(values(model, 0), "aAbB");
  EXPECT_EQ(model.tensors[1].name, "b");
  EXPECT_EQ(values(model, 1), "\x01");
  EXPECT_EQ(model.objects.bytes(model.paths[model.tensors[1].path].key), "b");
}

TEST(Numpy, OneBadMemberDoesNotTakeTheOthersWithIt) {
  Model model = read(zip_of({
      {"o.npy", npy_of(npy_header("'|O'", "False", "(1,)"), "x")},
      {"junk.npy", "not an array"},
      {"short.npy", npy_of(npy_header("'<f8'", "False", "(2,)"), "abcdefgh")},
      {"a.npy", npy_of(npy_header("'|u1'", "False", "(1,)"), "x")},
  }));
  ASSERT_THAT(model.tensors, SizeIs(1));
  EXPECT_EQ(values(model, 0), "x");
  ASSERT_THAT(model.findings, SizeIs(3));
  EXPECT_EQ(model.findings[0].rule, "unreadable-array");
  EXPECT_EQ(model.findings[0].where, "o");
}

TEST(Numpy, AnArchiveOfObjectsIsRefused) {
  std::string file =
      zip_of({{"o.npy", npy_of(npy_header("'|O'", "False", "(1,)"), "x")}});
  try {
    read(file);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("array 'o'"));
  }
}

TEST(Numpy, AZipOfOtherFilesIsNone) {
  EXPECT_THROW(read(zip_of({{"a.npy", "x"}, {"b.txt", "y"}})), Error);
}

}  // namespace
}  // namespace tsinspect
