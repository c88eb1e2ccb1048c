#include "tsinspect/dtype.h"

#include <gmock/gmock.h>

namespace tsinspect {
namespace {

using ::testing::IsNull;
using ::testing::NotNull;

TEST(DType, EveryRowIsFoundByItsNames) {
  for (int i = 0; i <= static_cast<int>(DType::kOpaque); ++i) {
    const DTypeInfo& info = dtype_info(static_cast<DType>(i));
    EXPECT_EQ(static_cast<int>(info.dtype), i);
    EXPECT_EQ(find_dtype(info.name), &info);
    if (info.storage_class != nullptr) {
      EXPECT_EQ(find_dtype_of_storage(info.storage_class), &info);
    }
    if (info.safetensors_name != nullptr) {
      EXPECT_EQ(find_dtype_of_safetensors(info.safetensors_name), &info);
    }
  }
}

TEST(DType, KnowsSecondNames) {
  EXPECT_EQ(find_dtype("half")->dtype, DType::kFloat16);
  EXPECT_EQ(find_dtype("long")->dtype, DType::kInt64);
  EXPECT_EQ(find_dtype("cdouble")->dtype, DType::kComplex128);
}

TEST(DType, KnowsEveryStorageClassOfTorch) {
  for (const char* name :
       {"BoolStorage", "ByteStorage", "CharStorage", "ShortStorage",
        "IntStorage", "LongStorage", "HalfStorage", "BFloat16Storage",
        "FloatStorage", "DoubleStorage", "ComplexFloatStorage",
        "ComplexDoubleStorage", "QInt8Storage", "QUInt8Storage",
        "QInt32Storage", "QUInt4x2Storage", "QUInt2x4Storage"}) {
    EXPECT_THAT(find_dtype_of_storage(name), NotNull()) << name;
  }
}

TEST(DType, KnowsEveryWholeByteTypeOfSafetensors) {
  for (const char* name :
       {"BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ",
        "F8_E5M2FNUZ", "I16", "U16", "F16", "BF16", "I32", "U32", "F32", "C64",
        "F64", "I64", "U64"}) {
    EXPECT_THAT(find_dtype_of_safetensors(name), NotNull()) << name;
  }
}

TEST(DType, KnowsNothingElse) {
  EXPECT_THAT(find_dtype(""), IsNull());
  EXPECT_THAT(find_dtype("Float32"), IsNull());
  EXPECT_THAT(find_dtype("float3"), IsNull());
  EXPECT_THAT(find_dtype_of_storage("UntypedStorage"), IsNull());
  EXPECT_THAT(find_dtype_of_storage(""), IsNull());
  EXPECT_THAT(find_dtype_of_safetensors("f32"), IsNull());
  EXPECT_THAT(find_dtype_of_safetensors("C128"), IsNull());
}

}  // namespace
}  // namespace tsinspect
