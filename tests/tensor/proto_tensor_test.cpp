#include "tensor/proto_tensor.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"
#include "tensor/model_builder.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

using namespace std::string_view_literals;
using Item = EncodedField::Item;

// A model of one file, all of which is a message.
class ProtoTensorTest : public ::testing::Test {
 protected:
  void make(std::string_view bytes) {
    model_ = Model();
    model_.files.push_back(File::open(hostile::MemoryFile(bytes).path()));
  }
  std::string_view bytes() const { return model_.files[0]->data(); }

  // Its values are the items of field 4.
  ProtoTensor tensor(DType dtype, std::vector<int64_t> shape, Item item,
                     uint8_t item_bytes) const {
    ProtoTensor tensor;
    tensor.name = tensor.key = "w";
    tensor.dtype = dtype;
    tensor.shape = std::move(shape);
    tensor.message = bytes();
    tensor.field.number = 4;
    tensor.field.item = item;
    tensor.field.item_bytes = item_bytes;
    return tensor;
  }

  std::string values() const {
    std::string all;
    read_values(model_, model_.tensors[0], [&](std::span<const std::byte> run) {
      all.append(reinterpret_cast<const char*>(run.data()), run.size());
    });
    return all;
  }

  Model model_;
};

TEST_F(ProtoTensorTest, ViewsBytesWhereTheyLie) {
  make("..abcdefgh.");
  ProtoTensor row = tensor(DType::kFloat32, {2}, Item::kFixed32, 4);
  row.raw = bytes().substr(2, 8);
  EXPECT_EQ(add_proto_tensor(row, &model_), 0u);
  EXPECT_EQ(model_.tensors[0].name, "w");
  EXPECT_EQ(model_.records[0].offset, 2u);
  EXPECT_EQ(model_.records[0].size_bytes, 8u);
  EXPECT_EQ(values(), "abcdefgh");
  EXPECT_EQ(key_path(model_, model_.tensors[0].path),
            std::vector<std::string>{"'w'"});
}

TEST_F(ProtoTensorTest, ViewsPackedNumbersThatLieAsInMemory) {
  make(
      "\x22\x08"
      "abcdefgh"sv);
  add_proto_tensor(tensor(DType::kFloat32, {2}, Item::kFixed32, 4), &model_);
  EXPECT_EQ(model_.storages[0].field, kNoIndex);
  EXPECT_EQ(model_.records[0].offset, 2u);
  EXPECT_EQ(values(), "abcdefgh");
  // A complex number is two items.
  add_proto_tensor(tensor(DType::kComplex64, {}, Item::kFixed32, 4), &model_);
  EXPECT_EQ(model_.storages[1].field, kNoIndex);
}

TEST_F(ProtoTensorTest, DecodesOthersWhenTheyAreRead) {
  make("\x22\x03\x07\x80\x01"sv);
  add_proto_tensor(tensor(DType::kUInt8, {2}, Item::kVarint, 1), &model_);
  EXPECT_EQ(model_.storages[0].size_bytes, 2u);
  EXPECT_EQ(values(), "\x07\x80");
  make(
      "\x25"
      "abcd"
      "\x25"
      "efgh"sv);  // Not packed.
  add_proto_tensor(tensor(DType::kFloat32, {2}, Item::kFixed32, 4), &model_);
  EXPECT_NE(model_.storages[0].field, kNoIndex);
  EXPECT_EQ(values(), "abcdefgh");
}

TEST_F(ProtoTensorTest, HasStringsOfAnyLength) {
  make("\x22\x02hi\x22\x00"sv);
  add_proto_tensor(tensor(DType::kString, {2}, Item::kBytes, 0), &model_);
  const Tensor& row = model_.tensors[0];
  EXPECT_EQ(row.size_bytes(), 18u);
  ElementReader reader(model_, row);
  EXPECT_EQ(reader.text(std::vector<int64_t>{0}), "'hi'");
  EXPECT_EQ(reader.text(std::vector<int64_t>{1}), "''");
  expect_error(ErrorKind::kNotFound, "tensor 'w' has no such element",
               [&] { reader.text(std::vector<int64_t>{2}); });
}

TEST_F(ProtoTensorTest, RepeatsTheLastStringWhereAsked) {
  make("\x22\x02hi"sv);
  ProtoTensor row = tensor(DType::kString, {3}, Item::kBytes, 0);
  row.field.repeats_last = true;
  add_proto_tensor(row, &model_);
  EXPECT_EQ(model_.tensors[0].size_bytes(), 30u);
  ElementReader reader(model_, model_.tensors[0]);
  EXPECT_EQ(reader.text(std::vector<int64_t>{2}), "'hi'");
}

TEST_F(ProtoTensorTest, LiesInMemoryOfTheModel) {
  make("x");
  ProtoTensor row = tensor(DType::kUInt8, {3}, Item::kVarint, 1);
  row.file = kNoIndex;
  row.message = "\x22\x03\x01\x02\x03";
  add_proto_tensor(row, &model_);
  EXPECT_TRUE(model_.records.empty());
  EXPECT_EQ(values(), "\x01\x02\x03");
}

TEST_F(ProtoTensorTest, RefusesBytesThatDoNotFitItsShape) {
  make("abcdefgh");
  ProtoTensor row = tensor(DType::kFloat32, {3}, Item::kFixed32, 4);
  row.raw = bytes();
  expect_error(ErrorKind::kMalformed,
               "tensor 'w': 8 bytes of values where its shape needs 12",
               [&] { add_proto_tensor(row, &model_); });
  row.shape = {-1};
  expect_error(ErrorKind::kMalformed, "tensor 'w': impossible shape [-1]",
               [&] { add_proto_tensor(row, &model_); });
  row.shape = {INT64_MAX, 8};
  expect_error(ErrorKind::kMalformed,
               "tensor 'w': impossible shape [9223372036854775807, 8]",
               [&] { add_proto_tensor(row, &model_); });
}

TEST_F(ProtoTensorTest, RefusesTooFewStrings) {
  make("\x22\x02hi"sv);
  expect_error(ErrorKind::kMalformed,
               "tensor 'w': 1 strings where its shape needs 3", [&] {
                 add_proto_tensor(tensor(DType::kString, {3}, Item::kBytes, 0),
                                  &model_);
               });
}

TEST_F(ProtoTensorTest, RefusesABombOfItemsThatAreNotThere) {
  make("\x22\x02\x01\x02"sv);
  ProtoTensor row = tensor(DType::kUInt8, {int64_t{1} << 40}, Item::kVarint, 1);
  row.field.repeats_last = true;
  add_proto_tensor(row, &model_);  // Listing it is fine.
  expect_error(ErrorKind::kLimit,
               "storage 'w': 4 bytes of a message are 1099511627776 bytes of "
               "values",
               [&] { values(); });
}

}  // namespace
}  // namespace tsinspect
