#include "onnx/tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/checked.h"
#include "base/encoded_field.h"
#include "onnx/element_type.h"
#include "onnx/fields.h"
#include "onnx/make_room.h"

namespace tsinspect::onnx {
namespace {

using Item = EncodedField::Item;

// What a row of Model::tensors takes, with all that belongs to it, but for its
// name and shape: rows of other tables, four blocks of memory.
constexpr uint64_t kRowBytes = sizeof(Tensor) + sizeof(Storage) +
                               sizeof(Record) + 2 * sizeof(PathStep) +
                               sizeof(EncodedField) + 4 * 32;

// An attribute of a Constant node that is its value, without a TensorProto.
struct PlainValue {
  std::string_view name;
  DType dtype;
  bool is_list;
  EncodedField field;
};
constexpr std::array kPlainValues = {
    PlainValue{"value_float",
               DType::kFloat32,
               false,
               {attribute_proto::kF, Item::kFixed32, 4, true}},
    PlainValue{"value_floats",
               DType::kFloat32,
               true,
               {attribute_proto::kFloats, Item::kFixed32, 4}},
    PlainValue{"value_int",
               DType::kInt64,
               false,
               {attribute_proto::kI, Item::kVarint, 8, true}},
    PlainValue{"value_ints",
               DType::kInt64,
               true,
               {attribute_proto::kInts, Item::kVarint, 8}},
    PlainValue{"value_string",
               DType::kString,
               false,
               {attribute_proto::kS, Item::kBytes, 0, true}},
    PlainValue{"value_strings",
               DType::kString,
               true,
               {attribute_proto::kStrings, Item::kBytes, 0}},
};

// Bytes of its values; 0 where the shape is impossible, which
// add_proto_tensor() says.
uint64_t size_bytes(const ProtoTensor& row) {
  auto elements = checked_elements(row.shape);
  if (!elements) return 0;
  return checked_bytes(*elements, dtype_info(row.dtype).bits).value_or(0);
}

void add_layout(std::span<const int64_t> shape, Tensor* tensor) {
  auto details = tensor->details
                     ? std::make_shared<TensorDetails>(*tensor->details)
                     : std::make_shared<TensorDetails>();
  details->layout = "sparse_coo";
  details->whole_shape.assign(shape.begin(), shape.end());
  tensor->details = std::move(details);
}

}  // namespace

void TensorAdder::make_room(size_t count) {
  onnx::make_room(&model_->tensors, count);
  onnx::make_room(&model_->storages, count);
  onnx::make_room(&model_->paths, count);
  if (file_ != kNoIndex) onnx::make_room(&model_->records, count);
}

uint32_t TensorAdder::add_row(ProtoTensor row, uint32_t scope) {
  budget_->charge(kRowBytes + row.name.size() +
                  2 * sizeof(int64_t) * row.shape.size());
  uint32_t index = add_proto_tensor(std::move(row), model_);
  model_->paths[model_->tensors[index].path].parent = scope;
  return index;
}

void TensorAdder::find_external(const TensorProto& tensor, ProtoTensor* row) {
  if (row->dtype == DType::kString) {
    row->no_data = "strings cannot be external data";
    return;
  }
  uint64_t size = size_bytes(*row);
  if (size == 0) {
    row->raw = tensor.message.substr(0, 0);
    return;
  }
  ExternalValues values = external_.find(row->name, tensor.external, size);
  row->no_data = values.problem;
  row->file = values.file;
  row->raw = values.bytes;
}

void TensorAdder::find_values(const TensorProto& tensor, ProtoTensor* row) {
  const ElementType* type = find_element_type(tensor.data_type);
  if (type == nullptr) {
    row->dtype = DType::kOpaque;
    row->opaque_type = element_type_name(tensor.data_type);
    row->no_data = fmt::format("values of {} are not read by this version",
                               row->opaque_type);
    return;
  }
  row->dtype = type->dtype;
  row->field = type->field;
  if (tensor.is_segment) {
    row->no_data =
        "it is a segment of a tensor, which this version does not "
        "read";
  } else if (tensor.is_external) {
    find_external(tensor, row);
  } else if (tensor.raw_data && type->dtype != DType::kString) {
    row->raw = *tensor.raw_data;
  }
}

uint32_t TensorAdder::add(const TensorProto& tensor, const TensorPlace& place) {
  ProtoTensor row;
  row.name = place.name;
  row.key = place.name;
  row.role = place.role;
  row.shape = tensor.dims;
  row.file = file_;
  row.message = tensor.message;
  find_values(tensor, &row);
  return add_row(std::move(row), place.scope);
}

uint32_t TensorAdder::add_sparse(const SparseTensorProto& tensor,
                                 const TensorPlace& place) {
  struct Part {
    const char* suffix;
    const std::optional<TensorProto>& tensor;
  };
  uint32_t first = kNoIndex;
  for (const Part& part :
       {Part{".indices", tensor.indices}, Part{".values", tensor.values}}) {
    if (!part.tensor) continue;
    TensorPlace part_place = place;
    part_place.name =
        model_->objects.own(std::string(place.name) + part.suffix);
    uint32_t row = add(*part.tensor, part_place);
    add_layout(tensor.dims, &model_->tensors[row]);
    first = std::min(first, row);
  }
  return first;
}

uint32_t TensorAdder::add_plain(const Attribute& attribute,
                                const TensorPlace& place) {
  auto value =
      std::ranges::find(kPlainValues, attribute.name, &PlainValue::name);
  if (value == kPlainValues.end() || attribute.is_reference) return kNoIndex;
  ProtoTensor row;
  row.name = place.name;
  row.key = place.name;
  row.role = place.role;
  row.dtype = value->dtype;
  row.file = file_;
  row.message = attribute.message;
  row.field = value->field;
  if (value->is_list) {
    uint64_t count = count_items(attribute.message, value->field);
    row.shape = {static_cast<int64_t>(count)};
  }
  return add_row(std::move(row), place.scope);
}

}  // namespace tsinspect::onnx
