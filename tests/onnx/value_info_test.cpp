#include "onnx/value_info.h"

#include <gmock/gmock.h>

#include "onnx/fields.h"
#include "support/proto_builder.h"
#include "tsinspect/error.h"

namespace tsinspect::onnx {
namespace {

using ::testing::SizeIs;

ProtoBuilder float_tensor() {
  return ProtoBuilder().message(
      type_proto::kTensorType,
      ProtoBuilder().varint(type_proto_tensor::kElemType, 1));
}

// A type of one other type.
ProtoBuilder of(uint32_t kind, const ProtoBuilder& type) {
  return ProtoBuilder().message(
      kind, ProtoBuilder().message(type_proto_sequence::kElemType, type));
}

ValueInfo read(const ProtoBuilder& type) {
  std::string bytes = ProtoBuilder()
                          .bytes(value_info_proto::kName, "x")
                          .message(value_info_proto::kType, type)
                          .text();
  ValueInfo value = read_value_info({bytes, bytes, "ValueInfoProto"}, Limits());
  value.name = {};  // It views `bytes`.
  return value;
}

TEST(OnnxValueInfo, NamesTypesAsTheyNest) {
  EXPECT_EQ(read(float_tensor()).type, "tensor");
  EXPECT_EQ(read(of(type_proto::kOptionalType,
                    of(type_proto::kSequenceType, float_tensor())))
                .type,
            "optional(sequence(tensor))");
  EXPECT_EQ(read(of(type_proto::kSequenceType, float_tensor())).dtype,
            DType::kFloat32);
  ProtoBuilder map;
  map.varint(type_proto_map::kKeyType, 7)
      .message(type_proto_map::kValueType, float_tensor());
  EXPECT_EQ(read(ProtoBuilder().message(type_proto::kMapType, map)).type,
            "map(int64, tensor)");
  EXPECT_EQ(read(ProtoBuilder().bytes(type_proto::kOpaqueType, "")).type,
            "opaque");
}

TEST(OnnxValueInfo, SaysNothingThatTheFileDoesNot) {
  ValueInfo value = read(ProtoBuilder());
  EXPECT_EQ(value.type, "");
  EXPECT_FALSE(value.dtype);
  EXPECT_FALSE(value.shape);
  EXPECT_FALSE(read(float_tensor()).shape);
}

TEST(OnnxValueInfo, TakesFixedNamedAndUnknownDimensions) {
  using namespace tensor_shape_proto_dimension;
  ProtoBuilder shape;
  shape.message(tensor_shape_proto::kDim, ProtoBuilder().varint(kDimValue, 3))
      .bytes(tensor_shape_proto::kDim, "")
      .message(tensor_shape_proto::kDim,
               ProtoBuilder().varint(kDimValue, UINT64_MAX - 4));
  ProtoBuilder tensor;
  tensor.varint(type_proto_tensor::kElemType, 99)
      .message(type_proto_tensor::kShape, shape);
  ValueInfo value =
      read(ProtoBuilder().message(type_proto::kTensorType, tensor));
  EXPECT_FALSE(value.dtype);
  ASSERT_THAT(*value.shape, SizeIs(3));
  EXPECT_EQ(value.shape->at(0).size, 3);
  EXPECT_EQ(value.shape->at(1).size, -1);
  EXPECT_EQ(value.shape->at(2).size, -1);
}

TEST(OnnxValueInfo, ASymbolIsNoSize) {
  using namespace tensor_shape_proto_dimension;
  std::string dim =
      ProtoBuilder().varint(kDimValue, 3).bytes(kDimParam, "n").text();
  std::string bytes =
      ProtoBuilder()
          .message(
              value_info_proto::kType,
              ProtoBuilder().message(
                  type_proto::kTensorType,
                  ProtoBuilder().message(
                      type_proto_tensor::kShape,
                      ProtoBuilder().bytes(tensor_shape_proto::kDim, dim))))
          .text();
  ValueInfo value = read_value_info({bytes, bytes, "ValueInfoProto"}, {});
  EXPECT_EQ(value.shape->at(0).symbol, "n");
  EXPECT_EQ(value.shape->at(0).size, -1);
}

TEST(OnnxValueInfo, RefusesAWrongWireType) {
  EXPECT_THROW(read(ProtoBuilder().varint(type_proto::kTensorType, 1)), Error);
  EXPECT_THROW(read(ProtoBuilder().message(
                   type_proto::kTensorType,
                   ProtoBuilder().bytes(type_proto_tensor::kElemType, "x"))),
               Error);
}

}  // namespace
}  // namespace tsinspect::onnx
