#include "tsinspect/values.h"

#include <gmock/gmock.h>

#include "tensor/model_builder.h"

namespace tsinspect {
namespace {

using ::testing::HasSubstr;
using ::testing::StrEq;

std::string values(const Model& model, const Tensor& tensor) {
  std::string out;
  read_values(model, tensor, [&](std::span<const std::byte> piece) {
    EXPECT_LE(piece.size(), size_t{1} << 20);
    out.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  return out;
}

ErrorKind error_of(const Model& model, const Tensor& tensor) {
  try {
    values(model, tensor);
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "no error";
  return ErrorKind::kIo;
}

TEST(ReadValues, PassesContiguousBytesThrough) {
  Model model = model_of("abcdefgh");
  Tensor tensor = tensor_of(DType::kInt16, {3});
  tensor.storage_offset = 1;
  std::span<const std::byte> seen;
  read_values(model, tensor, [&](auto piece) { seen = piece; });
  EXPECT_THAT(values(model, tensor), StrEq("cdefgh"));
  // Small runs are copied; a large one is the file's own memory.
  Model large = model_of(std::string(1 << 20, 'x'));
  read_values(large, tensor_of(DType::kInt8, {1 << 20}),
              [&](auto piece) { seen = piece; });
  EXPECT_EQ(static_cast<const void*>(seen.data()),
            large.files[0]->data().data());
}

TEST(ReadValues, GathersATransposedView) {
  Model model = model_of("aAbBcCdDeEfF");
  Tensor tensor = tensor_of(DType::kInt16, {3, 2});
  tensor.strides = {1, 3};
  EXPECT_THAT(values(model, tensor), StrEq("aAdDbBeEcCfF"));
}

TEST(ReadValues, RepeatsAStrideOfZero) {
  Model model = model_of("abc");
  Tensor tensor = tensor_of(DType::kUInt8, {2, 3});
  tensor.strides = {0, 1};
  EXPECT_THAT(values(model, tensor), StrEq("abcabc"));
}

TEST(ReadValues, SplitsAtThePieceSize) {
  std::string bytes(3'000'001, '\0');
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i % 251);
  Model model = model_of(bytes);
  Tensor tensor = tensor_of(DType::kUInt8, {3'000'001});
  EXPECT_EQ(values(model, tensor), bytes);
  tensor.shape = {1'000'000};
  tensor.strides = {3};
  std::string every_third;
  for (size_t i = 0; i < 3'000'000; i += 3) every_third += bytes[i];
  EXPECT_EQ(values(model, tensor), every_third);
}

TEST(ReadValues, SwapsBigEndianParts) {
  Model model = model_of("abcdefghijklmnop");
  model.storages[0].big_endian = true;
  EXPECT_THAT(values(model, tensor_of(DType::kInt32, {2})), StrEq("dcbahgfe"));
  EXPECT_THAT(values(model, tensor_of(DType::kComplex64, {1})),
              StrEq("dcbahgfe"));
  EXPECT_THAT(values(model, tensor_of(DType::kUInt8, {2})), StrEq("ab"));
}

TEST(ReadValues, AppliesConjugateAndNegativeBits) {
  Model model = model_of(std::string(8, '\0'));
  Tensor tensor = tensor_of(DType::kComplex64, {1});
  tensor.details = sign_bits(true, false);
  EXPECT_EQ(values(model, tensor), std::string("\0\0\0\0\0\0\0\x80", 8));
  tensor.details = sign_bits(false, true);
  EXPECT_EQ(values(model, tensor), std::string("\0\0\0\x80\0\0\0\x80", 8));
  tensor.details = sign_bits(true, true);
  EXPECT_EQ(values(model, tensor), std::string("\0\0\0\x80\0\0\0\0", 8));
}

TEST(ReadValues, GivesPackedValuesAsTheirBytes) {
  Model model = model_of("\x10\x32\x04");
  EXPECT_EQ(values(model, tensor_of(DType::kQUInt4x2, {5})), "\x10\x32\x04");
  Tensor tensor = tensor_of(DType::kQUInt4x2, {2});
  tensor.storage_offset = 2;
  EXPECT_EQ(values(model, tensor), "\x32");
}

TEST(ReadValues, GivesNothingForAnEmptyTensor) {
  Model model = model_of("");
  EXPECT_EQ(values(model, tensor_of(DType::kFloat32, {0, 5})), "");
}

TEST(ReadValues, RefusesATensorWithoutData) {
  Model model = model_of("abcd");
  Tensor tensor = tensor_of(DType::kInt8, {4});
  tensor.storage = kNoIndex;
  EXPECT_EQ(error_of(model, tensor), ErrorKind::kUnsupported);
  tensor.storage = 0;
  model.storages[0].record = kNoIndex;
  EXPECT_EQ(error_of(model, tensor), ErrorKind::kUnsupported);
}

TEST(ReadValues, RefusesAViewBeyondItsStorage) {
  Model model = model_of("abcd");
  EXPECT_EQ(error_of(model, tensor_of(DType::kInt8, {5})),
            ErrorKind::kMalformed);
}

TEST(ReadValues, RefusesAStorageBeyondItsRecord) {
  Model model = model_of("abcd");
  model.storages[0].offset = 2;
  EXPECT_EQ(error_of(model, tensor_of(DType::kInt8, {4})),
            ErrorKind::kMalformed);
  model.storages[0].offset = UINT64_MAX;
  EXPECT_EQ(error_of(model, tensor_of(DType::kInt8, {4})),
            ErrorKind::kMalformed);
}

TEST(ReadValues, RefusesARecordBeyondItsFile) {
  Model model = model_of("abcd");
  model.records[0].offset = 1;
  EXPECT_EQ(error_of(model, tensor_of(DType::kInt8, {4})),
            ErrorKind::kMalformed);
  model.records[0].offset = UINT64_MAX;
  EXPECT_EQ(error_of(model, tensor_of(DType::kInt8, {4})),
            ErrorKind::kMalformed);
}

TEST(ReadValues, RefusesABombOfStrideZero) {
  Model model = model_of("abcd");
  Tensor tensor = tensor_of(DType::kInt8, {1, 4});
  tensor.shape = {int64_t{1} << 40, 4};
  tensor.strides = {0, 1};
  EXPECT_EQ(error_of(model, tensor), ErrorKind::kLimit);
}

TEST(ReadValues, RefusesAPackedViewWithGaps) {
  Model model = model_of("abcd");
  Tensor tensor = tensor_of(DType::kQUInt4x2, {4});
  tensor.strides = {2};
  EXPECT_EQ(error_of(model, tensor), ErrorKind::kUnsupported);
  tensor = tensor_of(DType::kQUInt4x2, {2});
  tensor.storage_offset = 1;
  EXPECT_EQ(error_of(model, tensor), ErrorKind::kUnsupported);
}

TEST(ReadValues, RefusesANegativeBitOnIntegers) {
  Model model = model_of("abcd");
  Tensor tensor = tensor_of(DType::kInt32, {1});
  tensor.details = sign_bits(false, true);
  EXPECT_EQ(error_of(model, tensor), ErrorKind::kUnsupported);
}

TEST(Sha256, IsThatOfTheValues) {
  EXPECT_EQ(sha256(model_of("abc"), tensor_of(DType::kUInt8, {3})),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(model_of(""), tensor_of(DType::kUInt8, {0})),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(StorageBytes, IsAPartOfItsRecord) {
  Model model = model_of("abcdef");
  model.storages[0].offset = 2;
  model.storages[0].size_bytes = 3;
  Bytes bytes = storage_bytes(model, model.storages[0]);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data.data()),
                        bytes.data.size()),
            "cde");
}

}  // namespace
}  // namespace tsinspect
