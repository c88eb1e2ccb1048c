#include "tensor/build.h"

#include <gmock/gmock.h>

#include "tensor/model_builder.h"

namespace tsinspect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ContiguousStrides, AreAsTorchHasThem) {
  EXPECT_THAT(contiguous_strides(std::vector<int64_t>{2, 3, 4}),
              ElementsAre(12, 4, 1));
  EXPECT_THAT(contiguous_strides(std::vector<int64_t>{2, 0, 4}),
              ElementsAre(4, 4, 1));
  EXPECT_THAT(contiguous_strides({}), ElementsAre());
}

TEST(Tensor, KnowsItsSizes) {
  Tensor tensor = tensor_of(DType::kFloat32, {2, 3});
  EXPECT_EQ(tensor.elements(), 6u);
  EXPECT_EQ(tensor.size_bytes(), 24u);
  EXPECT_TRUE(tensor.is_contiguous());
  EXPECT_EQ(tensor_of(DType::kQUInt4x2, {5}).size_bytes(), 3u);
  EXPECT_EQ(tensor_of(DType::kQUInt2x4, {5}).size_bytes(), 2u);
  EXPECT_EQ(tensor_of(DType::kFloat4E2M1FNx2, {5}).size_bytes(), 5u);
  EXPECT_EQ(tensor_of(DType::kFloat64, {}).size_bytes(), 8u);
}

TEST(Tensor, IsContiguousWhateverTheStrideOfOneElement) {
  Tensor tensor = tensor_of(DType::kInt8, {2, 1, 3});
  tensor.strides = {3, 77, 1};
  EXPECT_TRUE(tensor.is_contiguous());
  tensor.strides = {1, 1, 2};
  EXPECT_FALSE(tensor.is_contiguous());
}

TEST(CheckTensor, TakesWhatFits) {
  Model model = model_of(std::string(24, 'x'));
  Tensor tensor = tensor_of(DType::kFloat32, {2, 3});
  EXPECT_NO_THROW(check_tensor(model, tensor));
  tensor.strides = {1, 2};
  EXPECT_NO_THROW(check_tensor(model, tensor));
  tensor.shape = {1000, 3};
  tensor.strides = {0, 2};
  EXPECT_NO_THROW(check_tensor(model, tensor));
  tensor.shape = {0, 1000};
  tensor.storage_offset = 1000;
  EXPECT_NO_THROW(check_tensor(model, tensor));
}

struct BadTensor {
  const char* name;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;
  int64_t offset;
  const char* message;
};

class CheckBadTensor : public ::testing::TestWithParam<BadTensor> {};

TEST_P(CheckBadTensor, IsMalformedByName) {
  Model model = model_of(std::string(24, 'x'));
  Tensor tensor = tensor_of(DType::kFloat32, {});
  tensor.name = "layer\n1";
  tensor.shape = GetParam().shape;
  tensor.strides = GetParam().strides;
  tensor.storage_offset = GetParam().offset;
  try {
    check_tensor(model, tensor);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
    EXPECT_THAT(error.what(), HasSubstr("tensor 'layer\\n1': "));
    EXPECT_THAT(error.what(), HasSubstr(GetParam().message));
  }
}

INSTANTIATE_TEST_SUITE_P(
    , CheckBadTensor,
    ::testing::Values(
        BadTensor{"NegativeSize", {-1}, {1}, 0, "impossible shape [-1]"},
        BadTensor{"Product", {INT64_MAX, 3}, {0, 0}, 0, "impossible shape"},
        BadTensor{"Bytes", {INT64_MAX / 2}, {0}, 0, "overflows"},
        BadTensor{"NegativeStride", {2}, {-1}, 0, "impossible strides [-1]"},
        BadTensor{"NegativeOffset", {2}, {1}, -1, "offset -1"},
        BadTensor{"OffsetOfNothing", {0}, {1}, -1, "do not fit"},
        BadTensor{"FewStrides", {2, 3}, {1}, 0, "impossible strides"},
        BadTensor{"FewStridesOfNothing", {0, 3}, {1}, 0, "do not fit"},
        BadTensor{"TooLong", {7}, {1}, 0, "reach 7 elements"},
        BadTensor{"TooFar", {6}, {1}, 1, "reach 7 elements"},
        BadTensor{"StrideTooLarge", {2}, {6}, 0, "reach 7 elements"},
        BadTensor{"StrideOverflows", {4}, {INT64_MAX}, 0, "impossible"},
        BadTensor{"OffsetOverflows", {2}, {1}, INT64_MAX, "reach"}),
    [](const auto& test) { return test.param.name; });

TEST(CheckTensor, RefusesAStorageThatDoesNotExist) {
  Model model = model_of("1234");
  Tensor tensor = tensor_of(DType::kInt8, {4});
  tensor.storage = 1;
  EXPECT_THROW(check_tensor(model, tensor), Error);
}

TEST(CheckTensor, ShortensAHostileShape) {
  Model model = model_of("1234");
  Tensor tensor = tensor_of(DType::kInt8, {});
  tensor.shape.assign(1'000'000, 2);
  tensor.strides.assign(1'000'000, 1);
  try {
    check_tensor(model, tensor);
    FAIL();
  } catch (const Error& error) {
    EXPECT_LT(std::string_view(error.what()).size(), 300u);
  }
}

}  // namespace
}  // namespace tsinspect
