// Adds what tensors an ONNX model has to a Model.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/budget.h"
#include "onnx/attribute.h"
#include "onnx/external_data.h"
#include "onnx/tensor_proto.h"
#include "tensor/proto_tensor.h"
#include "tsinspect/model.h"

namespace tsinspect::onnx {

// How a tensor is found in the model.
struct TensorPlace {
  std::string_view name;  // Views the file, or text that the model owns.
  Role role = Role::kInitializer;
  uint32_t scope = kNoIndex;  // Step of Model::paths of the graph it is in.
};

class TensorAdder {
 public:
  // The messages lie in that file of the model, or, if it is kNoIndex, in
  // memory that it owns. The model and the budget must outlive this object.
  TensorAdder(uint32_t file, Budget* budget, Model* model)
      : file_(file),
        budget_(budget),
        model_(model),
        external_(model->path, model) {}

  // Says that so many will be added, of which each costs its bytes only then.
  void make_room(size_t count);

  // These return the tensor's row, and throw Error.
  uint32_t add(const TensorProto& tensor, const TensorPlace& place);
  // Two tensors, NAME.indices and NAME.values; the row of the first.
  uint32_t add_sparse(const SparseTensorProto& tensor,
                      const TensorPlace& place);
  // The values of a Constant node that are a plain attribute ("value_ints");
  // kNoIndex if this is none.
  uint32_t add_plain(const Attribute& attribute, const TensorPlace& place);

  // Adds the findings about all tensors. The last call.
  void finish() { external_.report(); }

 private:
  uint32_t add_row(ProtoTensor row, uint32_t scope);
  void find_values(const TensorProto& tensor, ProtoTensor* row);
  void find_external(const TensorProto& tensor, ProtoTensor* row);

  uint32_t file_;
  Budget* budget_;
  Model* model_;
  ExternalFiles external_;
};

}  // namespace tsinspect::onnx
