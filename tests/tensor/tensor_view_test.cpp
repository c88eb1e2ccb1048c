#include "tsinspect/tensor_view.h"

#include <gmock/gmock.h>

#include "tensor/model_builder.h"

namespace tsinspect {
namespace {

using ::testing::ElementsAre;
using namespace std::string_view_literals;

constexpr std::string_view kBytes =
    "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c"sv;

template <typename T>
std::vector<T> values(const TensorView<T>& view) {
  std::vector<T> result;
  for (T value : view) result.push_back(value);
  return result;
}

TEST(TensorView, WalksInLogicalOrder) {
  Model model = model_of(kBytes);
  Tensor tensor = tensor_of(DType::kInt16, {2, 3});
  TensorView<int16_t> view(model, tensor);
  EXPECT_EQ(view.size(), 6u);
  EXPECT_THAT(values(view),
              ElementsAre(0x0201, 0x0403, 0x0605, 0x0807, 0x0a09, 0x0c0b));
  EXPECT_EQ((view[{1, 2}]), 0x0c0b);
}

TEST(TensorView, FollowsStridesAndOffset) {
  Model model = model_of(kBytes);
  Tensor tensor = tensor_of(DType::kUInt8, {2, 3});
  tensor.strides = {1, 4};
  tensor.storage_offset = 2;
  TensorView<uint8_t> view(model, tensor);
  EXPECT_THAT(values(view), ElementsAre(3, 7, 11, 4, 8, 12));
  EXPECT_EQ((view[{1, 0}]), 4);
}

TEST(TensorView, RepeatsElementsOfStrideZero) {
  Model model = model_of(kBytes);
  Tensor tensor = tensor_of(DType::kUInt8, {2, 2});
  tensor.strides = {0, 1};
  EXPECT_THAT(values(TensorView<uint8_t>(model, tensor)),
              ElementsAre(1, 2, 1, 2));
}

TEST(TensorView, OfNoElementsAndOfAScalar) {
  Model model = model_of(kBytes);
  EXPECT_THAT(
      values(TensorView<uint8_t>(model, tensor_of(DType::kUInt8, {3, 0}))),
      ElementsAre());
  EXPECT_THAT(values(TensorView<uint8_t>(model, tensor_of(DType::kUInt8, {}))),
              ElementsAre(1));
}

TEST(TensorView, SmallFloatsLieAsTheirBits) {
  Model model = model_of(kBytes);
  Tensor tensor = tensor_of(DType::kBFloat16, {1});
  EXPECT_THAT(values(TensorView<uint16_t>(model, tensor)), ElementsAre(0x0201));
}

TEST(TensorView, RefusesAnotherType) {
  Model model = model_of(kBytes);
  struct Case {
    DType dtype;
    size_t size;
    bool is_floating, is_signed;
  };
  for (Case wrong : {Case{DType::kFloat32, 4, false, true},
                     Case{DType::kFloat16, 2, true, true},
                     Case{DType::kInt32, 4, false, false},
                     Case{DType::kInt32, 8, false, true},
                     Case{DType::kUInt8, 1, false, true},
                     Case{DType::kComplex64, 8, true, true},
                     Case{DType::kQUInt4x2, 1, false, false},
                     Case{DType::kOpaque, 1, false, false}}) {
    EXPECT_FALSE(
        lies_as(wrong.dtype, wrong.size, wrong.is_floating, wrong.is_signed))
        << dtype_info(wrong.dtype).name;
  }
  Tensor tensor = tensor_of(DType::kFloat32, {3});
  EXPECT_THROW(TensorView<double>(model, tensor), Error);
}

TEST(TensorView, RefusesBytesThatAreNotTheValues) {
  Model model = model_of(kBytes);
  Tensor tensor = tensor_of(DType::kInt16, {2});
  model.storages[0].big_endian = true;
  EXPECT_THROW(TensorView<int16_t>(model, tensor), Error);
  model.storages[0].big_endian = false;
  tensor.details = sign_bits(false, true);
  EXPECT_THROW(TensorView<int16_t>(model, tensor), Error);
  tensor.details = nullptr;
  tensor.storage = kNoIndex;
  EXPECT_THROW(TensorView<int16_t>(model, tensor), Error);
}

TEST(TensorView, RefusesATensorBeyondItsStorage) {
  Model model = model_of(kBytes);
  Tensor tensor = tensor_of(DType::kInt16, {7});
  EXPECT_THROW(TensorView<int16_t>(model, tensor), Error);
}

TEST(ToDoubles, WidensAndDequantises) {
  Model model = model_of(kBytes);
  EXPECT_THAT(to_doubles(model, tensor_of(DType::kUInt8, {3})),
              ElementsAre(1, 2, 3));
  Tensor tensor = tensor_of(DType::kQInt8, {3});
  Quantization quantization;
  quantization.scheme = "per_tensor_affine";
  quantization.scale = 0.5;
  quantization.zero_point = 1;
  tensor.details = quantized(quantization);
  EXPECT_THAT(to_doubles(model, tensor), ElementsAre(0, 0.5, 1));
}

TEST(ToDoubles, RefusesStrings) {
  Model model = model_of(kBytes);
  Tensor tensor = tensor_of(DType::kOpaque, {3});
  tensor.details = opaque("|S2", 2);
  EXPECT_THROW(to_doubles(model, tensor), Error);
}

}  // namespace
}  // namespace tsinspect
