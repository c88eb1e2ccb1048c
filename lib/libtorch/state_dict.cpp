#include "tsinspect/libtorch/state_dict.h"

#include <algorithm>
#include <map>

#include "base/file.h"
#include "base/printable.h"
#include "libtorch/dtypes.h"
#include "libtorch/errors.h"
#include "libtorch/mapping.h"
#include "libtorch/torch.h"
#include "tensor/build.h"
#include "tensor/scalar.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

// The size of what has to be aligned in a value: of each half of a complex one.
uint64_t part_bytes(DType dtype) {
  return std::max<uint64_t>(dtype_info(part_dtype(dtype)).bits / 8, 1);
}

// The file's storages as LibTorch's, made as they are asked for.
class Storages {
 public:
  explicit Storages(const Model& model)
      : model_(model),
        mappings_(model.files.size()),
        alignment_(model.storages.size(), 1) {
    for (const Tensor& tensor : model.tensors) {
      if (tensor.storage == kNoIndex) continue;
      uint64_t& most = alignment_[tensor.storage];
      most = std::max(most, part_bytes(tensor.dtype));
    }
  }

  // Bytes of the other order lie in a storage of their own for each dtype.
  c10::Storage get(uint32_t row, DType dtype) {
    const Storage& storage = model_.storages[row];
    bool swapped = storage.big_endian && part_bytes(dtype) > 1;
    auto key = std::pair(row, swapped ? int(dtype) : -1);
    auto found = made_.find(key);
    if (found == made_.end()) {
      c10::Storage made = swapped ? swapped_storage(row, dtype) : make(row);
      found = made_.emplace(key, std::move(made)).first;
    }
    return found->second;
  }

 private:
  c10::Storage make(uint32_t row) {
    const Storage& storage = model_.storages[row];
    if (storage.record != kNoIndex && storage.memory.data() == nullptr) {
      const Record& record = model_.records[storage.record];
      if (record.method == 0 && !record.encrypted) {
        uint64_t at = payload_offset(model_, record) + storage.offset;
        if (at % alignment_[row] == 0) {
          return mapped_storage(mapping(record.file), at, storage.size_bytes);
        }
      }
    }
    Bytes bytes = storage_bytes(model_, storage);
    return copied_storage(bytes.data.data(), bytes.data.size());
  }

  // As if one tensor were all of the storage.
  c10::Storage swapped_storage(uint32_t row, DType dtype) {
    Tensor whole;
    whole.storage = row;
    whole.dtype = dtype;
    uint64_t size = model_.storages[row].size_bytes;
    whole.shape = {static_cast<int64_t>(size * 8 / dtype_info(dtype).bits)};
    whole.strides = {1};
    std::string bytes;
    read_values(model_, whole, [&](std::span<const std::byte> piece) {
      bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    });
    return copied_storage(bytes.data(), bytes.size());
  }

  std::shared_ptr<Mapping> mapping(uint32_t file) {
    if (mappings_[file] == nullptr) {
      const File& source = *model_.files[file];
      mappings_[file] = Mapping::open(source.path(), source.size());
    }
    return mappings_[file];
  }

  const Model& model_;
  std::vector<std::shared_ptr<Mapping>> mappings_;
  std::vector<uint64_t> alignment_;  // That each storage's tensors need.
  std::map<std::pair<uint32_t, int>, c10::Storage> made_;
};

at::Tensor numbers(const std::vector<double>& values, at::ScalarType dtype) {
  return at::tensor(at::ArrayRef<double>(values), at::kDouble).to(dtype);
}

// An empty tensor that real numbers are read from as `q` says.
at::Tensor empty_quantized(const Tensor& tensor, const Quantization& q,
                           at::TensorOptions options) {
  if (q.scheme == "per_tensor_affine") {
    return at::_empty_affine_quantized({0}, options, q.scale, q.zero_point);
  }
  bool is_float = q.scheme == "per_channel_affine_float_qparams";
  if (!is_float && q.scheme != "per_channel_affine") {
    throw Error(ErrorKind::kUnsupported,
                "quantisation scheme " + tsinspect::quoted(q.scheme));
  }
  if (q.scales.empty() && tensor.elements() != 0) {
    throw Error(ErrorKind::kUnsupported,
                "the scales of its channels are not readable");
  }
  return at::_empty_per_channel_affine_quantized(
      tensor.shape, numbers(q.scales, is_float ? at::kFloat : at::kDouble),
      numbers(q.zero_points, is_float ? at::kFloat : at::kLong), q.axis,
      options);
}

bool has_negative_strides(const Tensor& tensor) {
  return std::ranges::any_of(tensor.strides, [](int64_t s) { return s < 0; });
}

// LibTorch has no negative strides, as NumPy's files may: their values, laid
// out.
at::Tensor laid_out(const Model& model, const Tensor& tensor,
                    at::ScalarType dtype) {
  at::Tensor result = at::empty(tensor.shape, dtype);
  auto* next = static_cast<char*>(result.data_ptr());
  read_values(model, tensor, [&](std::span<const std::byte> piece) {
    std::memcpy(next, piece.data(), piece.size());
    next += piece.size();
  });
  return result;
}

at::Tensor make_tensor(const Model& model, const Tensor& tensor,
                       Storages* storages) {
  at::ScalarType dtype = to_scalar_type(tensor.dtype);
  if (tensor.storage == kNoIndex) {
    return at::empty_strided(
        tensor.shape, tensor.strides,
        at::TensorOptions().dtype(dtype).device(at::kMeta));
  }
  check_tensor(model, tensor);
  if (has_negative_strides(tensor)) return laid_out(model, tensor, dtype);
  const TensorDetails* details = tensor.details.get();
  bool quantized = details && details->quantization;
  at::TensorOptions options(dtype);
  at::Tensor result =
      quantized ? empty_quantized(tensor, *details->quantization, options)
                : at::empty({0}, options);
  // As LibTorch's own reader does it; the check was made above. `set_` would
  // take packed elements for bytes, and refuse some of these.
  at::TensorImpl* impl = result.unsafeGetTensorImpl();
  impl->set_storage_keep_dtype(storages->get(tensor.storage, tensor.dtype));
  impl->set_storage_offset(tensor.storage_offset);
  impl->set_sizes_and_strides(tensor.shape, tensor.strides);
  if (details && details->conjugate && result.is_complex()) {
    result._set_conj(true);
  }
  if (details && details->negative) result._set_neg(true);
  return result;
}

struct Layout {
  const char* name;
  at::Layout layout;
  const char* first_part;
  size_t parts;
};

constexpr Layout kLayouts[] = {
    {"sparse_coo", at::kSparse, ".indices", 2},
    {"sparse_csr", at::kSparseCsr, ".crow_indices", 3},
    {"sparse_csc", at::kSparseCsc, ".ccol_indices", 3},
    {"sparse_bsr", at::kSparseBsr, ".crow_indices", 3},
    {"sparse_bsc", at::kSparseBsc, ".ccol_indices", 3},
};

// The layout that the tensor is the first part of; null if it is none.
const Layout* layout_of(const Tensor& tensor) {
  if (tensor.details == nullptr) return nullptr;
  for (const Layout& layout : kLayouts) {
    if (tensor.details->layout == layout.name) return &layout;
  }
  return nullptr;
}

// The name of what the first part is a part of.
std::string whole_name(const Tensor& tensor, const Layout& layout) {
  std::string_view name = tensor.name;
  std::string_view suffix = layout.first_part;
  if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  return name == suffix.substr(1) ? "" : std::string(name);
}

at::Tensor put_together(const std::vector<at::Tensor>& parts,
                        const Tensor& first, const Layout& layout) {
  const std::vector<int64_t>& shape = first.details->whole_shape;
  if (layout.layout == at::kSparse) {
    return at::sparse_coo_tensor(parts[0], parts[1], shape);
  }
  return at::sparse_compressed_tensor(parts[0], parts[1], parts[2], shape,
                                      parts[2].options().layout(layout.layout));
}

class Reader {
 public:
  explicit Reader(const Model& model) : model_(model), storages_(model) {}

  StateDict read() {
    StateDict state;
    for (size_t row = 0; row < model_.tensors.size();) {
      const std::string& name = model_.tensors[row].name;
      try {
        translate_errors(ErrorKind::kUnsupported, "LibTorch cannot hold it",
                         [&] { row += read_from(row, &state); });
      } catch (const Error& error) {
        throw Error(error.kind(),
                    "tensor " + tsinspect::quoted(name) + ": " + error.what());
      }
    }
    return state;
  }

 private:
  // Adds the tensor that begins in this row; returns how many rows it takes.
  size_t read_from(size_t row, StateDict* state) {
    const Tensor& tensor = model_.tensors[row];
    const Layout* layout = layout_of(tensor);
    if (layout == nullptr || row + layout->parts > model_.tensors.size()) {
      state->push_back({tensor.name, make_tensor(model_, tensor, &storages_)});
      return 1;
    }
    std::vector<at::Tensor> parts;
    for (size_t i = 0; i < layout->parts; ++i) {
      parts.push_back(make_tensor(model_, model_.tensors[row + i], &storages_));
    }
    state->push_back(
        {whole_name(tensor, *layout), put_together(parts, tensor, *layout)});
    return layout->parts;
  }

  const Model& model_;
  Storages storages_;
};

}  // namespace

StateDict load_state_dict(const std::string& path) {
  Model model = open_model(path);
  torch::NoGradGuard no_grad;
  return Reader(model).read();
}

}  // namespace tsinspect
