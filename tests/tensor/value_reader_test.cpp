#include <gmock/gmock.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "tensor/model_builder.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

using ::testing::StrEq;

std::string bytes_at(const ValueReader& reader, uint64_t begin, size_t size) {
  std::vector<std::byte> buffer;
  auto view = reader.read(begin, size, &buffer);
  return {reinterpret_cast<const char*>(view.data()), view.size()};
}

std::string all_values(const Model& model, const Tensor& tensor) {
  std::string out;
  read_values(model, tensor, [&](std::span<const std::byte> piece) {
    out.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  return out;
}

// Every run of whole elements reads as it does in the whole.
void expect_random_access(const Model& model, const Tensor& tensor,
                          size_t item_bytes) {
  std::string whole = all_values(model, tensor);
  ValueReader reader(model, tensor);
  ASSERT_EQ(reader.size_bytes(), whole.size());
  for (size_t begin = 0; begin <= whole.size(); begin += item_bytes) {
    for (size_t end = begin; end <= whole.size(); end += item_bytes) {
      EXPECT_EQ(bytes_at(reader, begin, end - begin),
                whole.substr(begin, end - begin));
    }
  }
}

TEST(ValueReader, ViewsTheFileWhereTheValuesLieInIt) {
  Model model = model_of("abcdefgh");
  Tensor tensor = tensor_of(DType::kInt16, {3});
  tensor.storage_offset = 1;
  ValueReader reader(model, tensor);
  std::vector<std::byte> buffer;
  auto view = reader.read(2, 4, &buffer);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(static_cast<const void*>(view.data()),
            model.files[0]->data().data() + 4);
  EXPECT_THAT(bytes_at(reader, 0, 6), StrEq("cdefgh"));
}

TEST(ValueReader, GathersFromAnyElement) {
  std::string letters;
  for (char c = '0'; c < 'x'; ++c) letters += c;
  Model model = model_of(letters);
  Tensor transposed = tensor_of(DType::kInt16, {3, 2, 4});
  transposed.strides = {1, 12, 3};
  expect_random_access(model, transposed, 2);
  Tensor skipping = tensor_of(DType::kUInt8, {4, 5});
  skipping.strides = {13, 2};
  skipping.storage_offset = 3;
  expect_random_access(model, skipping, 1);
  Tensor repeated = tensor_of(DType::kInt32, {2, 3, 2});
  repeated.strides = {0, 2, 1};
  expect_random_access(model, repeated, 4);
  expect_random_access(model, tensor_of(DType::kComplex128, {4}), 16);
  expect_random_access(model, tensor_of(DType::kUInt8, {}), 1);
}

TEST(ValueReader, ResolvesByteOrderAndSignBitsAnywhere) {
  Model model = model_of("abcdefghijklmnopqrstuvwx");
  model.storages[0].big_endian = true;
  Tensor tensor = tensor_of(DType::kComplex64, {3});
  expect_random_access(model, tensor, 8);
  tensor.details = sign_bits(true, true);
  expect_random_access(model, tensor, 8);
  ValueReader reader(model, tensor);
  // The real part is negated; the imaginary part is so twice.
  EXPECT_THAT(bytes_at(reader, 8, 8), StrEq("lkj\xe9ponm"));
}

TEST(ValueReader, ReadsPackedValuesAsBytes) {
  Model model = model_of("\x10\x32\x04");
  expect_random_access(model, tensor_of(DType::kQUInt4x2, {5}), 1);
}

TEST(ValueReader, IsEmptyForAnEmptyTensor) {
  Model model = model_of("");
  Tensor tensor = tensor_of(DType::kFloat32, {0, 5});
  ValueReader reader(model, tensor);
  EXPECT_EQ(reader.size_bytes(), 0u);
  EXPECT_EQ(bytes_at(reader, 0, 0), "");
}

TEST(ValueReader, RefusesWhatReadValuesRefuses) {
  Model model = model_of("abcd");
  Tensor tensor = tensor_of(DType::kInt8, {5});
  EXPECT_THROW(ValueReader(model, tensor), Error);
  tensor.storage = kNoIndex;
  EXPECT_THROW(ValueReader(model, tensor), Error);
}

TEST(ValueReader, AReleasedViewStaysValid) {
  std::string bytes(1 << 20, '\0');
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i % 251);
  Model model = model_of(bytes);
  Tensor tensor = tensor_of(DType::kUInt8, {1 << 20});
  ValueReader reader(model, tensor);
  std::vector<std::byte> buffer;
  auto view = reader.read(0, bytes.size(), &buffer);
  reader.release(view.subspan(1000, 700'000));
  reader.release(view);
  EXPECT_EQ(std::memcmp(view.data(), bytes.data(), bytes.size()), 0);
}

TEST(ValueReader, ReleasesNoMemoryOfItsOwn) {
  std::string bytes(1 << 20, 'x');
  Model model = model_of("");
  model.storages[0].memory = bytes;
  model.storages[0].size_bytes = bytes.size();
  Tensor tensor = tensor_of(DType::kUInt8, {1 << 20});
  ValueReader reader(model, tensor);
  std::vector<std::byte> buffer;
  auto view = reader.read(0, bytes.size(), &buffer);
  reader.release(view);
  reader.release(std::as_bytes(std::span(bytes)));
  EXPECT_EQ(bytes, std::string(1 << 20, 'x'));
}

// Pages of files that this process has in memory.
size_t resident_file_bytes() {
  std::ifstream in("/proc/self/statm");
  size_t size = 0, resident = 0, shared = 0;
  in >> size >> resident >> shared;
  return shared * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

TEST(ValueReader, PassingOverALargeTensorKeepsLittleOfIt) {
  constexpr int64_t kBytes = int64_t{64} << 20;
  Model model = model_of(std::string(kBytes, 'x'));
  size_t before = resident_file_bytes();
  size_t most = before;
  read_values(model, tensor_of(DType::kUInt8, {kBytes}),
              [&](std::span<const std::byte> piece) {
                EXPECT_EQ(std::to_integer<char>(piece.back()), 'x');
                most = std::max(most, resident_file_bytes());
              });
  EXPECT_LT(most - before, size_t{8} << 20);
}

}  // namespace
}  // namespace tsinspect
