#include "libtorch/tensor_model.h"

#include <gtest/gtest.h>

#include "tsinspect/tensor_view.h"

namespace tsinspect {
namespace {

TEST(TensorModel, ViewsTheTensorsMemory) {
  at::Tensor tensor = torch::tensor({1.5f, -2.0f, 3.0f, 4.0f}).view({2, 2});
  Model model;
  append_tensor(&model, "a.t", tensor.t());
  append_tensor(&model, "a", tensor);
  EXPECT_EQ(model.storages.size(), 1u);
  EXPECT_EQ(model.tensors[0].strides, (std::vector<int64_t>{1, 2}));
  tensor[0][1] = 7;
  EXPECT_EQ(to_doubles(model, model.tensors[0]),
            (std::vector<double>{1.5, 3, 7, 4}));
}

TEST(TensorModel, OutlivesTheTensor) {
  Model model;
  append_tensor(&model, "x", torch::full({3}, 2.5));
  EXPECT_EQ(to_doubles(model, model.tensors[0]),
            (std::vector<double>{2.5, 2.5, 2.5}));
}

TEST(TensorModel, QuantisedValuesAreDequantised) {
  Model model;
  append_tensor(&model, "q",
                at::quantize_per_tensor(torch::tensor({0.5f, -1.0f}), 0.25, 3,
                                        at::kQInt8));
  EXPECT_EQ(to_doubles(model, model.tensors[0]),
            (std::vector<double>{0.5, -1.0}));
}

TEST(TensorModel, SparseTensorsAreTheirParts) {
  Model model;
  append_tensor(&model, "s", torch::eye(3).to_sparse());
  ASSERT_EQ(model.tensors.size(), 2u);
  EXPECT_EQ(model.tensors[0].name, "s.indices");
  EXPECT_EQ(model.tensors[1].name, "s.values");
  EXPECT_EQ(model.tensors[1].details->whole_shape,
            (std::vector<int64_t>{3, 3}));
}

}  // namespace
}  // namespace tsinspect
