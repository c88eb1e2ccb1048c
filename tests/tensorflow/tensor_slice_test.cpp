#include "tensorflow/tensor_slice.h"

#include <gmock/gmock.h>

#include "support/proto_builder.h"
#include "tensorflow/fields.h"
#include "tsinspect/error.h"

namespace tsinspect::tensorflow {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;

ProtoBuilder extent(int64_t start, int64_t length) {
  return ProtoBuilder()
      .varint(tensor_slice_proto_extent::kStart, static_cast<uint64_t>(start))
      .varint(tensor_slice_proto_extent::kLength,
              static_cast<uint64_t>(length));
}

TensorSlice read(const ProtoBuilder& proto) {
  return read_tensor_slice({proto.text(), proto.text(), "TensorSliceProto"});
}

TEST(TensorSlice, HasAnExtentADimension) {
  TensorSlice slice =
      read(ProtoBuilder().message(1, extent(2, 3)).message(1, ProtoBuilder()));
  EXPECT_THAT(slice.start, ElementsAre(2, 0));
  EXPECT_THAT(slice.length, ElementsAre(3, -1));
  EXPECT_THAT(slice.shape_in({7, 5}), ElementsAre(3, 5));
  EXPECT_EQ(slice.text(), "2,3:-");
  EXPECT_FALSE(slice.is_whole());
  EXPECT_TRUE(read(ProtoBuilder()).is_whole());
}

TEST(TensorSlice, HasNoMoreThan254Dimensions) {
  ProtoBuilder proto;
  for (int i = 0; i < 254; ++i) proto.message(1, ProtoBuilder());
  EXPECT_EQ(read(proto).start.size(), 254U);
  proto.message(1, ProtoBuilder());
  EXPECT_THROW(read(proto), Error);
}

// As TensorFlow 2.21 writes them.
TEST(TensorSlice, KeysAreAsTensorFlowWritesThem) {
  EXPECT_EQ(slice_key("e/w", {{3, 0}, {2, 3}}),
            "\0e/w\0\x01\x01\x02\x83\x82\x80\x83"s);
  EXPECT_EQ(slice_key("f/u", {{0, 150}, {2, 150}}),
            "\0f/u\0\x01\x01\x02\x80\x82\xc0\x96\xc0\x96"s);
  EXPECT_EQ(slice_key("Variable", {}), "\0Variable\0\x01\0"s);
}

TEST(TensorSlice, KeysEscapeNamesAndTakeNumbersOfAnySize) {
  EXPECT_EQ(slice_key("a\0\xff"s, {}), "\0a\0\xff\xff\0\0\x01\0"s);
  EXPECT_EQ(slice_key("", {{-1}, {-65}}), "\0\0\x01\x01\x01\x7f\x3f\xbf"s);
  EXPECT_EQ(slice_key("", {{INT64_MAX}, {63}}),
            "\0\0\x01\x01\x01\xff\xc0\x7f\xff\xff\xff\xff\xff\xff\xff\xbf"s);
  EXPECT_EQ(slice_key("", {{INT64_MIN}, {64}}),
            "\0\0\x01\x01\x01\0\x3f\x80\0\0\0\0\0\0\0\xc0\x40"s);
}

}  // namespace
}  // namespace tsinspect::tensorflow
