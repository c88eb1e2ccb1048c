// Tensors whose shape, strides or offset reach where there is nothing.

#include "hostile/bombs.h"

namespace tsinspect::hostile {
namespace {

constexpr auto kMalformed = ErrorKind::kMalformed;
constexpr auto kLimit = ErrorKind::kLimit;

// A tensor on a storage of 16 floats.
std::string with_tensor(int64_t offset, const std::vector<int64_t>& shape,
                        const std::vector<int64_t>& strides) {
  return torch_zip(pkl::pickle(pkl::dict(
      {{pkl::text("w"), pkl::tensor(pkl::storage("FloatStorage", "0", 16),
                                    offset, shape, strides)}})));
}

TEST(TensorBomb, ReachesBehindItsStorage) {
  expect_read(with_tensor(0, {16}, {1}));
  expect_read(with_tensor(15, {1}, {1}));
  expect_read(with_tensor(0, {2, 2}, {14, 1}));
  expect_refused(with_tensor(0, {17}, {1}), kMalformed,
                 "tensor 'w': shape [17]");
  expect_refused(with_tensor(1, {16}, {1}), kMalformed,
                 "offset 1 reach 17 elements");
  expect_refused(with_tensor(0, {2, 2}, {15, 1}), kMalformed,
                 "reach 17 elements");
  expect_refused(with_tensor(INT64_MAX, {1}, {1}), kMalformed, "tensor 'w'");
}

TEST(TensorBomb, HasAShapeWhoseProductOverflows) {
  constexpr int64_t kBig = int64_t{1} << 32;
  expect_refused(with_tensor(0, {kBig, kBig}, {0, 0}), kMalformed,
                 "impossible shape [4294967296, 4294967296]");
  expect_refused(with_tensor(0, {kBig, kBig / 4}, {0, 0}), kMalformed,
                 "overflows");
  expect_refused(with_tensor(0, {INT64_MAX, INT64_MAX}, {1, 1}), kMalformed,
                 "impossible shape");
}

TEST(TensorBomb, HasNegativeNumbers) {
  expect_refused(with_tensor(0, {-1}, {1}), kMalformed, "impossible shape");
  expect_refused(with_tensor(0, {INT64_MIN}, {1}), kMalformed,
                 "impossible shape");
  expect_refused(with_tensor(0, {4}, {-1}), kMalformed, "impossible strides");
  expect_refused(with_tensor(0, {4}, {INT64_MIN}), kMalformed,
                 "impossible strides");
  expect_refused(with_tensor(-1, {4}, {1}), kMalformed, "or offset -1");
  expect_refused(with_tensor(INT64_MIN, {4}, {1}), kMalformed, "or offset");
  expect_refused(with_tensor(-1, {0}, {1}), kMalformed, "offset");
}

TEST(TensorBomb, HasStridesThatOverflow) {
  expect_refused(with_tensor(0, {4}, {INT64_MAX}), kMalformed,
                 "impossible strides");
  expect_refused(with_tensor(2, {3, 3}, {INT64_MAX / 2, INT64_MAX / 2 + 2}),
                 kMalformed, "impossible strides");
}

TEST(TensorBomb, HasMoreStridesThanDimensions) {
  expect_refused(with_tensor(0, {4}, {1, 1}), kMalformed, "tensor 'w'");
  expect_refused(with_tensor(0, {4, 4}, {1}), kMalformed, "tensor 'w'");
  expect_refused(with_tensor(0, {0, 4}, {1}), kMalformed, "tensor 'w'");
}

TEST(TensorBomb, HasAMillionDimensions) {
  expect_refused(with_tensor(0, std::vector<int64_t>(kMillion / 4, 1),
                             std::vector<int64_t>(kMillion / 4, 1)),
                 kLimit, "dimensions");
}

// 2^60 elements that are one and the same: reading may be ended any time.
TEST(TensorBomb, RepeatsOneElement) {
  Model model = expect_read(with_tensor(0, {1 << 30, 1 << 30}, {0, 0}));
  EXPECT_EQ(model.tensors[0].elements(), uint64_t{1} << 60);
}

TEST(TensorBomb, HasZeroPointsThatAreNoIntegers) {
  for (auto [zero_point, text] :
       {std::pair(0.5, "0.25"), std::pair(1e29, "-5e+28")}) {
    std::string quantizer =
        pkl::tuple({pkl::global("torch.per_channel_affine_float_qparams"),
                    pkl::list({pkl::real(0.5)}),
                    pkl::list({pkl::real(zero_point)}), pkl::integer(0)});
    std::string tensor =
        pkl::call(pkl::global("torch._utils._rebuild_qtensor"),
                  {pkl::storage("QUInt8Storage", "0", 1), pkl::integer(0),
                   pkl::integers({1}), pkl::integers({1}), quantizer,
                   pkl::boolean(false), pkl::dict({})});
    std::string file = torch_zip(pkl::pickle(tensor));
    Model model = expect_read(file);
    ASSERT_EQ(model.tensors.size(), 1U);
    int64_t index[] = {0};
    EXPECT_EQ(ElementReader(model, model.tensors[0]).text(index), text);
  }
}

TEST(TensorBomb, IsMetaAndHuge) {
  std::string meta = pkl::call(
      pkl::global("torch._utils._rebuild_meta_tensor_no_storage"),
      {pkl::global("torch.float32"), pkl::integers({int64_t{1} << 40}),
       pkl::integers({1}), pkl::boolean(false)});
  expect_read(torch_zip(pkl::pickle(meta)));
}

}  // namespace
}  // namespace tsinspect::hostile
