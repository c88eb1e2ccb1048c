// torch's functions that pickles call to make tensors. Source of truth:
// torch/_utils.py, torch/_tensor.py, torch/nn/parameter.py.

#include <fmt/format.h>

#include "base/checked.h"
#include "base/printable.h"
#include "rebuild/globals.h"
#include "tensor/build.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

using Parts = std::vector<Part>;

// (storage, offset, size, stride, …): what all plain tensors start with.
Tensor strided_tensor(RebuildCall& call) {
  StorageId id;
  ObjectRef storage = call.rebuilder.unwrap(call.argument(0, "storage"));
  if (!parse_storage_id(call.objects, storage, &id)) {
    call.fail("its storage is no storage");
  }
  Tensor tensor;
  tensor.dtype = id.dtype;
  tensor.storage = call.find_storage(id);
  tensor.storage_offset = call.integer(call.argument(1, "offset"), "offset");
  tensor.shape = call.integers(call.argument(2, "shape"), "shape");
  tensor.strides = call.integers(call.argument(3, "strides"), "strides");
  if (__builtin_add_overflow(tensor.storage_offset,
                             static_cast<int64_t>(id.view_offset),
                             &tensor.storage_offset)) {
    call.fail("its offset overflows");
  }
  return tensor;
}

void tensor_v1(RebuildCall& call, Parts* parts) {
  parts->push_back({"", strided_tensor(call)});
}

// The dict behind the hooks of v2 and v3: {'conj': True, 'neg': True}.
void read_bits(RebuildCall& call, size_t index, Tensor* tensor) {
  if (call.arguments.size() <= index) return;
  auto is_set = [&](const char* key) {
    ObjectRef bit = call.objects.find(call.arguments[index], key);
    return bit != kNoObject && call.objects.kind(bit) == ObjectKind::kBool &&
           call.objects.integer(bit) != 0;
  };
  bool conjugate = is_set("conj");
  bool negative = is_set("neg");
  if (!conjugate && !negative) return;
  tensor->details = call.details([&] {
    TensorDetails details;
    details.conjugate = conjugate;
    details.negative = negative;
    return details;
  });
}

// (…, requires_grad, hooks[, bits])
void tensor_v2(RebuildCall& call, Parts* parts) {
  Tensor tensor = strided_tensor(call);
  tensor.requires_grad = call.boolean(4, "requires_grad");
  read_bits(call, 6, &tensor);
  parts->push_back({"", std::move(tensor)});
}

// (…, requires_grad, hooks, dtype[, bits]) on an untyped storage
void tensor_v3(RebuildCall& call, Parts* parts) {
  Tensor tensor = strided_tensor(call);
  tensor.requires_grad = call.boolean(4, "requires_grad");
  tensor.dtype = call.dtype(call.argument(6, "dtype"));
  read_bits(call, 7, &tensor);
  parts->push_back({"", std::move(tensor)});
}

// False for a tensor without data, or one that would have to be inflated.
bool lies_in_the_file(const Model& model, const Tensor& tensor) {
  if (tensor.storage == kNoIndex) return false;
  uint32_t record = model.storages[tensor.storage].record;
  return record == kNoIndex || model.records[record].method == 0;
}

// Scales or zero points of `n` channels, a list or a tensor. Empty where they
// cannot be read without more ado.
std::vector<double> numbers(RebuildCall& call, ObjectRef ref, uint64_t n) {
  std::vector<double> out;
  auto items = call.objects.items(ref);
  if (call.objects.kind(ref) == ObjectKind::kList && items.size() == n) {
    call.count_channels(n);
    for (ObjectRef item : items) {
      bool is_float = call.objects.kind(item) == ObjectKind::kFloat;
      out.push_back(is_float
                        ? call.objects.floating(item)
                        : static_cast<double>(call.integer(item, "scale")));
    }
    return out;
  }
  Tensor tensor = call.tensor(ref, "list of scales or zero points");
  check_tensor(call.model, tensor);
  bool fits = tensor.shape.size() == 1 && tensor.elements() == n;
  if (!fits || !tensor.is_contiguous()) {
    call.fail("its scales do not fit its shape");
  }
  if (!lies_in_the_file(call.model, tensor)) return out;
  call.count_channels(n);
  ElementReader reader(call.model, tensor);
  for (int64_t i = 0; i < tensor.shape[0]; ++i) {
    out.push_back(reader.real({&i, 1}));
  }
  return out;
}

// (torch.per_tensor_affine, scale, zero point) or
// (torch.per_channel_affine, scales, zero points, axis)
Quantization read_quantization(RebuildCall& call, ObjectRef parameters,
                               const std::vector<int64_t>& shape) {
  auto items = call.objects.items(parameters);
  std::vector<ObjectRef> fields(items.begin(), items.end());
  if (fields.size() < 3) call.fail("its quantizer has too few fields");
  Quantization result;
  std::string_view scheme = call.objects.bytes(fields[0]);
  result.scheme = scheme.substr(scheme.rfind('.') + 1);
  if (fields.size() == 3) {
    if (call.objects.kind(fields[1]) != ObjectKind::kFloat) {
      call.fail("its scale is no number");
    }
    result.scale = call.objects.floating(fields[1]);
    result.zero_point = call.integer(fields[2], "zero point");
    return result;
  }
  result.axis = call.integer(fields[3], "axis");
  auto axis = static_cast<uint64_t>(result.axis);
  if (axis >= shape.size()) call.fail("its axis is none of its shape");
  auto channels = static_cast<uint64_t>(shape[axis]);
  result.scales = numbers(call, fields[1], channels);
  result.zero_points = numbers(call, fields[2], channels);
  return result;
}

// (…, quantizer, requires_grad, hooks)
void quantized_tensor(RebuildCall& call, Parts* parts) {
  Tensor tensor = strided_tensor(call);
  ObjectRef parameters = call.argument(4, "quantizer");
  tensor.requires_grad = call.boolean(5, "requires_grad");
  tensor.details = call.details([&] {
    TensorDetails details;
    details.quantization = read_quantization(call, parameters, tensor.shape);
    return details;
  });
  parts->push_back({"", std::move(tensor)});
}

// (data, requires_grad, hooks[, state])
void parameter(RebuildCall& call, Parts* parts) {
  size_t first = parts->size();
  if (!call.parts(call.argument(0, "data"), parts)) {
    call.fail("its data is no tensor");
  }
  bool requires_grad = call.boolean(1, "requires_grad");
  for (size_t i = first; i < parts->size(); ++i) {
    (*parts)[i].tensor.requires_grad = requires_grad;
    (*parts)[i].tensor.role = Role::kParameter;
  }
}

// Parameter(data) or Variable(data), with state (requires_grad, volatile,
// hooks): torch 0.2 and 0.3.
void variable(RebuildCall& call, Parts* parts) {
  if (call.arguments.empty() || !call.parts(call.arguments[0], parts)) return;
  Tensor& tensor = parts->back().tensor;
  tensor.role = std::string_view(call.global.name).ends_with("Parameter")
                    ? Role::kParameter
                    : Role::kTensor;
  ObjectRef state = call.objects.state(call.value);
  if (state == kNoObject || call.objects.items(state).empty()) return;
  ObjectRef requires_grad = call.objects.items(state)[0];
  if (call.objects.kind(requires_grad) == ObjectKind::kBool) {
    tensor.requires_grad = call.objects.integer(requires_grad) != 0;
  }
}

// FloatTensor() with state (storage, offset, size, stride): torch 0.1.
void typed_tensor(RebuildCall& call, Parts* parts) {
  ObjectRef state = call.objects.state(call.value);
  if (state == kNoObject) return;
  RebuildCall inner = call;
  inner.value =
      call.objects.add_object(call.objects.callable(call.value), state);
  inner.arguments = call.objects.items(state);
  if (inner.arguments.size() < 4) return;
  parts->push_back({"", strided_tensor(inner)});
}

// Name of a layout: torch.sparse_coo, or _get_layout('torch.sparse_coo').
std::string layout_name(RebuildCall& call, ObjectRef ref) {
  if (call.objects.kind(ref) == ObjectKind::kObject) {
    auto arguments = call.objects.items(call.objects.arguments(ref));
    if (arguments.size() == 1) ref = arguments[0];
  }
  std::string_view name = call.objects.bytes(ref);
  return std::string(name.substr(name.rfind('.') + 1));
}

struct SparseLayout {
  const char* name;
  const char* suffixes[3];  // Of the tensors in the order of the data.
};

constexpr SparseLayout kSparseLayouts[] = {
    {"sparse_coo", {".indices", ".values", nullptr}},
    {"sparse_csr", {".crow_indices", ".col_indices", ".values"}},
    {"sparse_csc", {".ccol_indices", ".row_indices", ".values"}},
    {"sparse_bsr", {".crow_indices", ".col_indices", ".values"}},
    {"sparse_bsc", {".ccol_indices", ".row_indices", ".values"}},
};

// Adds one part of a tensor that is made of several.
void add_part(RebuildCall& call, ObjectRef ref, const char* suffix,
              const std::shared_ptr<const TensorDetails>& details,
              Parts* parts) {
  Tensor tensor = call.tensor(ref, suffix);
  tensor.details = details;
  parts->push_back({suffix, std::move(tensor)});
}

// (layout, (indices, values, size[, coalesced])) or
// (layout, (compressed, plain, values, size))
void sparse_tensor(RebuildCall& call, Parts* parts) {
  std::string name = layout_name(call, call.argument(0, "layout"));
  auto data = call.objects.items(call.argument(1, "data"));
  std::vector<ObjectRef> fields(data.begin(), data.end());
  for (const SparseLayout& layout : kSparseLayouts) {
    if (name != layout.name) continue;
    size_t count = layout.suffixes[2] == nullptr ? 2 : 3;
    if (fields.size() <= count) call.fail("its data has too few fields");
    auto details = call.details([&] {
      TensorDetails result;
      result.layout = name;
      result.whole_shape = call.integers(fields[count], "shape");
      return result;
    });
    for (size_t i = 0; i < count; ++i) {
      add_part(call, fields[i], layout.suffixes[i], details, parts);
    }
    return;
  }
  throw Error(ErrorKind::kUnsupported,
              fmt::format("sparse layout {}", quoted(name)));
}

// (buffer, sizes, strides, storage offsets)
void nested_tensor(RebuildCall& call, Parts* parts) {
  constexpr const char* kSuffixes[] = {".buffer", ".sizes", ".strides",
                                       ".storage_offsets"};
  auto details = call.details([] {
    TensorDetails result;
    result.layout = "nested";
    return result;
  });
  for (size_t i = 0; i < std::size(kSuffixes); ++i) {
    add_part(call, call.argument(i, kSuffixes[i]), kSuffixes[i], details,
             parts);
  }
}

// (dtype, size, stride, requires_grad)
void meta_tensor(RebuildCall& call, Parts* parts) {
  Tensor tensor;
  tensor.dtype = call.dtype(call.argument(0, "dtype"));
  tensor.shape = call.integers(call.argument(1, "shape"), "shape");
  tensor.strides = call.integers(call.argument(2, "strides"), "strides");
  tensor.requires_grad = call.boolean(3, "requires_grad");
  parts->push_back({"", std::move(tensor)});
}

TensorDetails of_class(RebuildCall& call, ObjectRef type) {
  TensorDetails details;
  details.python_class = call.objects.bytes(type);
  return details;
}

// (class, dtype, size, stride, offset, layout, device, requires_grad)
void wrapper_subclass(RebuildCall& call, Parts* parts) {
  Tensor tensor;
  tensor.dtype = call.dtype(call.argument(1, "dtype"));
  tensor.shape = call.integers(call.argument(2, "shape"), "shape");
  tensor.strides = call.integers(call.argument(3, "strides"), "strides");
  tensor.requires_grad = call.boolean(7, "requires_grad");
  tensor.details =
      call.details([&] { return of_class(call, call.argument(0, "class")); });
  parts->push_back({"", std::move(tensor)});
}

// (data, dtype, device, requires_grad) with data on the CPU, or in NumPy
void device_tensor(RebuildCall& call, Parts* parts) {
  Tensor tensor = call.tensor(call.argument(0, "data"), "data");
  tensor.requires_grad = call.boolean(3, "requires_grad");
  parts->push_back({"", std::move(tensor)});
}

// (function, class, arguments, state): function(*arguments) as a subclass
void subclass(RebuildCall& call, Parts* parts) {
  ObjectRef function = call.argument(0, "function");
  ObjectRef type = call.argument(1, "class");
  ObjectRef arguments = call.argument(2, "arguments");
  size_t first = parts->size();
  ObjectRef inner = call.objects.add_object(function, arguments);
  // Of an unknown function (jagged tensors have their own) the tensors in its
  // arguments are found, as in any other object.
  if (!call.parts(inner, parts)) return;
  std::string_view name = call.objects.bytes(type);
  bool is_parameter = name == "torch.nn.parameter.Parameter";
  if (is_parameter || name == "torch.Tensor") {
    for (size_t i = first; is_parameter && i < parts->size(); ++i) {
      (*parts)[i].tensor.role = Role::kParameter;
    }
    return;
  }
  auto details = call.details([&] {
    TensorDetails result;
    if (parts->back().tensor.details) result = *parts->back().tensor.details;
    result.python_class = name;
    return result;
  });
  for (size_t i = first; i < parts->size(); ++i) {
    (*parts)[i].tensor.details = details;
  }
}

constexpr GlobalMeaning tensor(const char* name,
                               void (*rebuild)(RebuildCall&, Parts*)) {
  return {name, GlobalKind::kTensor, rebuild};
}

constexpr GlobalMeaning kTorchGlobals[] = {
    tensor("torch._utils._rebuild_tensor", tensor_v1),
    tensor("torch._utils._rebuild_tensor_v2", tensor_v2),
    tensor("torch._utils._rebuild_tensor_v3", tensor_v3),
    tensor("torch._utils._rebuild_qtensor", quantized_tensor),
    tensor("torch._utils._rebuild_parameter", parameter),
    tensor("torch._utils._rebuild_parameter_with_state", parameter),
    tensor("torch._utils._rebuild_sparse_tensor", sparse_tensor),
    tensor("torch._utils._rebuild_sparse_csr_tensor", sparse_tensor),
    tensor("torch._utils._rebuild_nested_tensor", nested_tensor),
    tensor("torch._utils._rebuild_meta_tensor_no_storage", meta_tensor),
    tensor("torch._utils._rebuild_wrapper_subclass", wrapper_subclass),
    tensor("torch._utils._rebuild_device_tensor_from_numpy", device_tensor),
    tensor("torch._utils._rebuild_device_tensor_from_cpu_tensor",
           device_tensor),
    tensor("torch._utils._rebuild_xla_tensor", device_tensor),
    tensor("torch._tensor._rebuild_from_type", subclass),
    tensor("torch._tensor._rebuild_from_type_v2", subclass),
    tensor("torch.tensor._rebuild_from_type", subclass),
    tensor("torch.nn.parameter.Parameter", variable),
    tensor("torch.nn.parameter.Buffer", variable),
    tensor("torch.autograd.variable.Variable", variable),
    tensor("torch.FloatTensor", typed_tensor),
};

}  // namespace

std::span<const GlobalMeaning> torch_globals() { return kTorchGlobals; }

}  // namespace tsinspect
