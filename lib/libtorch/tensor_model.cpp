#include "libtorch/tensor_model.h"

#include "libtorch/dtypes.h"

namespace tsinspect {
namespace {

// The storage's row; tensors that share one share the row.
uint32_t append_storage(Model* model, const at::Tensor& tensor) {
  const c10::Storage& storage = tensor.storage();
  const char* data = static_cast<const char*>(storage.data());
  std::string_view memory(data ? data : "", storage.nbytes());
  for (size_t i = model->storages.size(); i-- > 0;) {
    const std::string_view& other = model->storages[i].memory;
    if (other.data() == memory.data() && other.size() == memory.size()) {
      return static_cast<uint32_t>(i);
    }
  }
  model->owned.push_back(std::make_shared<at::Tensor>(tensor));
  Storage row;
  row.device = "cpu";
  row.memory = memory;
  row.size_bytes = memory.size();
  model->storages.push_back(row);
  return static_cast<uint32_t>(model->storages.size() - 1);
}

std::vector<double> doubles(const at::Tensor& tensor) {
  at::Tensor values = tensor.to(at::kDouble).contiguous();
  const double* first = values.data_ptr<double>();
  return std::vector<double>(first, first + values.numel());
}

Quantization quantization_of(const at::Tensor& tensor) {
  Quantization result;
  result.scheme = c10::toString(tensor.qscheme());
  if (tensor.qscheme() == at::kPerTensorAffine) {
    result.scale = tensor.q_scale();
    result.zero_point = tensor.q_zero_point();
  } else {
    result.axis = tensor.q_per_channel_axis();
    result.scales = doubles(tensor.q_per_channel_scales());
    result.zero_points = doubles(tensor.q_per_channel_zero_points());
  }
  return result;
}

uint32_t append_strided(Model* model, std::string name, const at::Tensor& given,
                        TensorDetails details) {
  at::Tensor tensor = given.detach();
  if (!tensor.is_meta()) tensor = tensor.cpu();
  Tensor row;
  row.name = std::move(name);
  row.dtype = to_dtype(tensor.scalar_type());
  row.shape = tensor.sizes().vec();
  row.strides = tensor.strides().vec();
  row.storage_offset = tensor.storage_offset();
  row.requires_grad = given.requires_grad();
  details.conjugate = tensor.is_conj();
  details.negative = tensor.is_neg();
  if (tensor.is_quantized()) details.quantization = quantization_of(tensor);
  if (details.conjugate || details.negative || details.quantization ||
      !details.layout.empty()) {
    row.details = std::make_shared<TensorDetails>(std::move(details));
  }
  if (!tensor.is_meta()) {
    row.storage = append_storage(model, tensor);
    ++model->storages[row.storage].tensors;
  }
  model->tensors.push_back(std::move(row));
  return static_cast<uint32_t>(model->tensors.size() - 1);
}

// The parts of a sparse tensor, under the names the readers of files use.
std::vector<std::pair<const char*, at::Tensor>> parts_of(
    const at::Tensor& tensor, const char** layout) {
  switch (tensor.layout()) {
    case at::kSparse:
      *layout = "sparse_coo";
      return {{"indices", tensor._indices()}, {"values", tensor._values()}};
    case at::kSparseCsr:
      *layout = "sparse_csr";
      return {{"crow_indices", tensor.crow_indices()},
              {"col_indices", tensor.col_indices()},
              {"values", tensor.values()}};
    default:
      return {};
  }
}

}  // namespace

uint32_t append_tensor(Model* model, std::string name,
                       const at::Tensor& tensor) {
  if (!tensor.defined()) {
    throw Error(ErrorKind::kUnsupported, "an undefined tensor");
  }
  if (tensor.layout() == at::kStrided &&
      tensor.unsafeGetTensorImpl()->has_storage()) {
    return append_strided(model, std::move(name), tensor, {});
  }
  TensorDetails details;
  const char* layout = "";
  auto parts = parts_of(tensor, &layout);
  if (parts.empty()) {
    // Of a backend of its own (MKL-DNN): its values, laid out.
    return append_strided(model, std::move(name), tensor.to_dense(), {});
  }
  details.layout = layout;
  details.whole_shape = tensor.sizes().vec();
  uint32_t first = static_cast<uint32_t>(model->tensors.size());
  for (const auto& [part, values] : parts) {
    append_strided(model, name.empty() ? part : name + "." + part, values,
                   details);
  }
  return first;
}

}  // namespace tsinspect
