#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

#include "tensor/model_builder.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

using Index = std::vector<int64_t>;

template <typename T>
std::string bytes_of(std::initializer_list<T> values) {
  std::string out;
  for (T value : values) {
    out.append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  return out;
}

TEST(ElementReader, FollowsStrides) {
  Model model = model_of(bytes_of<int32_t>({10, 11, 12, 13, 14, 15}));
  Tensor tensor = tensor_of(DType::kInt32, {3, 2});
  tensor.strides = {1, 3};
  ElementReader reader(model, tensor);
  EXPECT_EQ(reader.text(Index{1, 1}), "14");
  EXPECT_EQ(reader.real(Index{2, 0}), 12);
}

TEST(ElementReader, ReadsBigEndian) {
  Model model = model_of(std::string("\x01\x02\x3f\x80\0\0\xc0\0\0\0", 10));
  model.storages[0].big_endian = true;
  EXPECT_EQ(ElementReader(model, tensor_of(DType::kInt16, {1})).text(Index{0}),
            "258");
  model.storages[0].offset = 2;
  model.storages[0].size_bytes = 8;
  EXPECT_EQ(
      ElementReader(model, tensor_of(DType::kComplex64, {1})).text(Index{0}),
      "1-2j");
}

TEST(ElementReader, WritesComplexValues) {
  Model model = model_of(bytes_of<double>({1, 2, 0.5, -0.0}));
  Tensor tensor = tensor_of(DType::kComplex128, {2});
  EXPECT_EQ(ElementReader(model, tensor).text(Index{0}), "1+2j");
  EXPECT_EQ(ElementReader(model, tensor).text(Index{1}), "0.5-0j");
  EXPECT_DOUBLE_EQ(ElementReader(model, tensor).real(Index{0}), std::sqrt(5));
  tensor.details = sign_bits(true, false);
  EXPECT_EQ(ElementReader(model, tensor).text(Index{0}), "1-2j");
  tensor.details = sign_bits(true, true);
  EXPECT_EQ(ElementReader(model, tensor).text(Index{0}), "-1+2j");
}

TEST(ElementReader, Dequantises) {
  Model model = model_of(bytes_of<uint8_t>({0, 130, 255, 7}));
  Tensor tensor = tensor_of(DType::kQUInt8, {2, 2});
  Quantization q;
  q.scheme = "per_tensor_affine";
  q.scale = 0.5;
  q.zero_point = 128;
  tensor.details = quantized(q);
  ElementReader reader(model, tensor);
  EXPECT_EQ(reader.text(Index{0, 1}), "1");
  EXPECT_EQ(reader.real(Index{0, 0}), -64);

  q = {};
  q.scheme = "per_channel_affine";
  q.axis = 1;
  q.scales = {1, 0.25};
  q.zero_points = {0, 2};
  tensor.details = quantized(q);
  EXPECT_EQ(ElementReader(model, tensor).text(Index{0, 1}), "32");
  EXPECT_EQ(ElementReader(model, tensor).text(Index{1, 0}), "255");
}

TEST(ElementReader, UnpacksValuesSmallerThanAByte) {
  Model model = model_of("\x10\xe4");
  Quantization q;
  q.scheme = "per_tensor_affine";
  q.scale = 1;
  Tensor tensor = tensor_of(DType::kQUInt4x2, {4});
  tensor.details = quantized(q);
  ElementReader four(model, tensor);
  EXPECT_EQ(four.text(Index{0}), "0");
  EXPECT_EQ(four.text(Index{1}), "1");
  EXPECT_EQ(four.text(Index{3}), "14");
  tensor.dtype = DType::kQUInt2x4;
  tensor.shape = {8};
  ElementReader two(model, tensor);
  EXPECT_EQ(two.text(Index{4}), "0");
  EXPECT_EQ(two.text(Index{7}), "3");
  Tensor pair = tensor_of(DType::kFloat4E2M1FNx2, {2});
  EXPECT_EQ(ElementReader(model, pair).text(Index{0}), "(0, 0.5)");
}

TEST(ElementReader, WritesNumpyText) {
  Model model = model_of(std::string("ab\0\0x\n\0\0", 8));
  Tensor tensor = tensor_of(DType::kOpaque, {2});
  tensor.details = opaque("|S4", 4);
  ElementReader reader(model, tensor);
  EXPECT_EQ(reader.text(Index{0}), "b'ab'");
  EXPECT_EQ(reader.text(Index{1}), "b'x\\n'");
  EXPECT_TRUE(std::isnan(reader.real(Index{0})));

  Model utf = model_of(bytes_of<uint32_t>({0x1f642, 'a', 0xd800, 0x7fffffff}));
  tensor.details = opaque("<U2", 8);
  EXPECT_EQ(ElementReader(utf, tensor).text(Index{0}), "'🙂a'");
  // Surrogates and what is no code point at all are shown as bytes.
  EXPECT_EQ(ElementReader(utf, tensor).text(Index{1}).substr(0, 13),
            "'\\xed\\xa0\\x80");
}

TEST(ElementReader, WritesOtherNumpyTypes) {
  Model model = model_of(bytes_of<int64_t>({5, INT64_MIN}));
  Tensor tensor = tensor_of(DType::kOpaque, {2});
  tensor.details = opaque("<M8[s]", 8);
  EXPECT_EQ(ElementReader(model, tensor).text(Index{0}), "5");
  EXPECT_EQ(ElementReader(model, tensor).text(Index{1}), "NaT");
  tensor.details = opaque("|V8", 8);
  EXPECT_EQ(ElementReader(model, tensor).text(Index{0}), "0x0500000000000000");
}

TEST(ElementReader, RefusesAnIndexOutOfRange) {
  Model model = model_of("abcd");
  Tensor tensor = tensor_of(DType::kUInt8, {2, 2});
  ElementReader reader(model, tensor);
  EXPECT_THROW(reader.text(Index{0, 2}), Error);
  EXPECT_THROW(reader.text(Index{-1, 0}), Error);
  EXPECT_THROW(reader.text(Index{0}), Error);
  EXPECT_THROW(reader.real(Index{0, 0, 0}), Error);
}

TEST(ElementReader, RefusesATensorWithoutDataOrBeyondIt) {
  Model model = model_of("abcd");
  Tensor tensor = tensor_of(DType::kUInt8, {5});
  EXPECT_THROW(ElementReader(model, tensor), Error);
  tensor.storage = kNoIndex;
  EXPECT_THROW(ElementReader(model, tensor), Error);
}

TEST(ElementReader, GivesNaNWhereTheScaleIsUnknown) {
  Model model = model_of("abcd");
  Tensor tensor = tensor_of(DType::kQInt8, {4});
  EXPECT_EQ(ElementReader(model, tensor).text(Index{0}), "nan");
  Quantization q;
  q.scheme = "per_channel_affine";
  q.axis = 7;
  tensor.details = quantized(q);
  EXPECT_TRUE(std::isnan(ElementReader(model, tensor).real(Index{3})));
  q.axis = 0;
  q.scales = {1};
  q.zero_points = {0};
  tensor.details = quantized(q);
  EXPECT_EQ(ElementReader(model, tensor).text(Index{0}), "97");
  EXPECT_EQ(ElementReader(model, tensor).text(Index{1}), "nan");
}

}  // namespace
}  // namespace tsinspect
