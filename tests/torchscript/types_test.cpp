#include "torchscript/types.h"

#include <gtest/gtest.h>

#include <string>

namespace tsinspect::torchscript {
namespace {

// An annotation as the table spells it.
std::string parsed(std::string_view annotation) {
  TypeTable types;
  return types[types.parse(annotation)].text;
}

std::string joined(std::string_view a, std::string_view b) {
  TypeTable types;
  return types[types.join(types.parse(a), types.parse(b))].text;
}

std::string repeat(std::string_view text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

struct Spelling {
  const char* annotation;
  const char* text;
  TypeKind kind;
};

TEST(Types, OfEveryKindAreRead) {
  for (const Spelling& row : {
           Spelling{"Any", "Any", TypeKind::kAny},
           {"NoneType", "NoneType", TypeKind::kNone},
           {"None", "NoneType", TypeKind::kNone},
           {"Tensor", "Tensor", TypeKind::kTensor},
           {"torch.Tensor", "Tensor", TypeKind::kTensor},
           {"int", "int", TypeKind::kInt},
           {"torch.dtype", "int", TypeKind::kInt},
           {"float", "float", TypeKind::kFloat},
           {"complex", "complex", TypeKind::kComplex},
           {"bool", "bool", TypeKind::kBool},
           {"str", "str", TypeKind::kString},
           {"number", "number", TypeKind::kNumber},
           {"Scalar", "number", TypeKind::kNumber},
           {"Device", "Device", TypeKind::kDevice},
           {"torch.device", "Device", TypeKind::kDevice},
           {"List[int]", "List[int]", TypeKind::kList},
           {"Optional[Tensor]", "Optional[Tensor]", TypeKind::kOptional},
           {"Tuple[int, str]", "Tuple[int, str]", TypeKind::kTuple},
           {"Tuple[()]", "Tuple[()]", TypeKind::kTuple},
           {"()", "Tuple[()]", TypeKind::kTuple},
           {"Dict[str, Tensor]", "Dict[str, Tensor]", TypeKind::kDict},
           {"Future[int]", "Future[int]", TypeKind::kGeneric},
           {"Union[int, str]", "Union[int, str]", TypeKind::kGeneric},
           {"__torch__.a.Net", "__torch__.a.Net", TypeKind::kNamed},
           {"t", "t", TypeKind::kNamed},
       }) {
    TypeTable types;
    TypeId id = types.parse(row.annotation);
    EXPECT_EQ(types[id].text, row.text) << row.annotation;
    EXPECT_EQ(types.kind(id), row.kind) << row.annotation;
  }
}

TEST(Types, ThatAreEqualHaveOneId) {
  TypeTable types;
  TypeId id = types.parse("Dict[str, List[Tensor]]");
  for (const char* spelling :
       {"Dict[str,List[Tensor]]", "Dict[ str , List[ torch.Tensor ] ]",
        "Dict[str,\n    List[Tensor]]", "Dict[str, List[Tensor], ]"}) {
    EXPECT_EQ(types.parse(spelling), id) << spelling;
  }
  EXPECT_EQ(types.argument(id, 1), types.list_of(type_id(TypeKind::kTensor)));
  EXPECT_NE(types.parse("Dict[str, List[int]]"), id);
}

TEST(Types, OptionalIsFlat) {
  EXPECT_EQ(parsed("Optional[Optional[int]]"), "Optional[int]");
  EXPECT_EQ(parsed("Optional[NoneType]"), "NoneType");
  EXPECT_EQ(parsed("Optional[Any]"), "Any");
  TypeTable types;
  TypeId optional = types.parse("Optional[int]");
  EXPECT_EQ(types.without_optional(optional), type_id(TypeKind::kInt));
  EXPECT_EQ(types.without_optional(type_id(TypeKind::kInt)),
            type_id(TypeKind::kInt));
}

TEST(Types, AUnionWithNoneIsOptional) {
  EXPECT_EQ(parsed("Union[int, NoneType]"), "Optional[int]");
  EXPECT_EQ(parsed("Union[None, List[int]]"), "Optional[List[int]]");
  EXPECT_EQ(parsed("Union[int, str, NoneType]"), "Union[int, str, NoneType]");
}

TEST(Types, FinalIsWhatItHolds) {
  EXPECT_EQ(parsed("Final[List[int]]"), "List[int]");
}

TEST(Types, AnArgumentThatIsNotThereIsUnknown) {
  TypeTable types;
  TypeId list = types.parse("List[int]");
  EXPECT_EQ(types.argument(list), type_id(TypeKind::kInt));
  EXPECT_EQ(types.argument(list, 1), type_id(TypeKind::kUnknown));
  EXPECT_EQ(types.argument(type_id(TypeKind::kInt)),
            type_id(TypeKind::kUnknown));
}

TEST(Types, OfASchemaMayBeVariables) {
  TypeTable types;
  for (const char* name : {"t", "t1", "t2", "tVal"}) {
    TypeId id = types.parse_schema(name);
    EXPECT_EQ(types.kind(id), TypeKind::kVariable) << name;
    EXPECT_EQ(types.parse_schema(name), id);
    EXPECT_NE(types.parse(name), id);  // A class may have that name.
  }
  TypeId list = types.parse_schema("List[t]");
  EXPECT_EQ(types.argument(list), types.parse_schema("t"));
  EXPECT_EQ(types.parse_schema("int"), type_id(TypeKind::kInt));
}

TEST(Types, JoinAsBranchesGiveThem) {
  struct Row {
    const char* a;
    const char* b;
    const char* joined;
  };
  for (const Row& row : {
           Row{"int", "int", "int"},
           {"int", "None", "Optional[int]"},
           {"None", "None", "NoneType"},
           {"Optional[int]", "int", "Optional[int]"},
           {"Optional[int]", "None", "Optional[int]"},
           {"int", "float", "?"},
           {"List[int]", "List[float]", "?"},
           {"Tuple[int, Tensor]", "Tuple[None, Tensor]",
            "Tuple[Optional[int], Tensor]"},
           {"Tuple[int, int]", "Tuple[int, str]", "Tuple[int, ?]"},
           {"Tuple[int]", "Tuple[int, int]", "?"},
           {"Tuple[()]", "Tuple[()]", "Tuple[()]"},
           {"Any", "None", "Any"},
       }) {
    EXPECT_EQ(joined(row.a, row.b), row.joined) << row.a << ", " << row.b;
    EXPECT_EQ(joined(row.b, row.a), row.joined) << row.b << ", " << row.a;
  }
}

TEST(BadTypes, AreUnknown) {
  for (const char* text : {"",
                           " ",
                           "[",
                           "]",
                           "List[",
                           "List[int",
                           "List]",
                           "List[int]]",
                           "a b",
                           "List[]",
                           "List[int, int]",
                           "Dict[int]",
                           "Dict[int, int, int]",
                           "Optional[]",
                           "List[int int]",
                           "List[,]",
                           "(",
                           "(int)",
                           "int,",
                           ",",
                           "List[int].x",
                           "[int]",
                           "List[[int]]"}) {
    EXPECT_EQ(parsed(text), "?") << text;
  }
}

TEST(HostileTypes, ThatNestTooDeepAreUnknown) {
  for (size_t depth : {size_t{40}, size_t{100'000}}) {
    EXPECT_EQ(parsed(repeat("List[", depth) + "int" + repeat("]", depth)), "?");
    EXPECT_EQ(parsed(repeat("List[", depth)), "?");
  }
  EXPECT_NE(parsed(repeat("List[", 20) + "int" + repeat("]", 20)), "?");
}

TEST(HostileTypes, ThatAreMadeOfThemselvesEndAsUnknown) {
  TypeTable types;
  TypeId type = type_id(TypeKind::kInt);
  for (int i = 0; i < 10'000; ++i) {
    type = types.make(TypeKind::kTuple, std::vector{type, type});
    ASSERT_LT(types[type].text.size(), 10'000U);
  }
  type = type_id(TypeKind::kInt);
  for (int i = 0; i < 10'000; ++i) {
    type = types.list_of(type);
    ASSERT_LT(types[type].text.size(), 10'000U);
  }
}

TEST(HostileTypes, OfManyKindsTakeBoundedMemory) {
  TypeTable types;
  std::string wide = "Tuple[" + repeat("int, ", 400) + "int]";
  uint64_t bytes = 0;
  for (int i = 0; i < 100'000; ++i) {
    TypeId name = types.parse("C" + std::to_string(i));
    TypeId type =
        types.make(TypeKind::kTuple, std::vector{types.parse(wide), name});
    bytes += types[type].text.size();
  }
  EXPECT_LT(bytes, uint64_t{64} << 20);
}

TEST(HostileTypes, OfAnyLengthAreReadInLinearTime) {
  std::string wide = "Tuple[" + repeat("int, ", 200'000) + "int]";
  TypeTable types;
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_EQ(types.parse(wide), type_id(TypeKind::kUnknown));
  }
}

}  // namespace
}  // namespace tsinspect::torchscript
