#include "tensor/proto_tensor.h"

#include <fmt/format.h>

#include "base/checked.h"
#include "base/encoded_field.h"
#include "base/encoded_strings.h"
#include "base/file.h"
#include "base/printable.h"
#include "base/protobuf.h"
#include "tensor/build.h"

namespace tsinspect {
namespace {

constexpr uint64_t kLengthBytes = 8;  // Before a decoded string.

[[noreturn]] void fail(const ProtoTensor& tensor, const std::string& problem) {
  throw Error(
      ErrorKind::kMalformed,
      fmt::format("tensor '{}': {}", printable(tensor.name, 100), problem));
}

// What the items of a field are, told by their tags and lengths alone.
struct FieldExtent {
  uint64_t occurrences = 0;
  uint64_t text_bytes = 0;  // Of all that have a length.
  std::string_view last;    // Of them.
};

FieldExtent extent_of(std::string_view message, uint32_t field) {
  FieldExtent extent;
  MessageReader in(message, message, "TensorProto");
  while (in.next()) {
    if (in.field() != field) continue;
    ++extent.occurrences;
    if (!in.is_bytes()) continue;
    extent.last = in.bytes("values");
    extent.text_bytes += extent.last.size();
  }
  return extent;
}

// Bytes of all strings once decoded.
uint64_t string_bytes(const ProtoTensor& tensor, const FieldExtent& extent) {
  uint64_t elements = checked_elements(tensor.shape).value_or(0);
  uint64_t missing = elements - std::min(elements, extent.occurrences);
  auto lengths = checked_multiply(kLengthBytes, elements);
  auto repeated = tensor.field.repeats_last
                      ? checked_multiply(missing, extent.last.size())
                      : std::optional<uint64_t>(0);
  if (!lengths || !repeated) fail(tensor, "its strings are too many");
  if (missing > 0 && !tensor.field.repeats_last) {
    fail(tensor, fmt::format("{} strings where its shape needs {}",
                             extent.occurrences, elements));
  }
  auto all = checked_add(*lengths, *repeated);
  all = all ? checked_add(*all, extent.text_bytes) : all;
  if (!all) fail(tensor, "its strings are too many");
  return *all;
}

// Bytes of all strings of a tensor, however they lie.
uint64_t decoded_string_bytes(const ProtoTensor& tensor) {
  if (tensor.field.item != EncodedField::Item::kLengthsFirst) {
    return string_bytes(tensor, extent_of(tensor.message, tensor.field.number));
  }
  bool is_field = tensor.field.number != 0;
  try {
    return lengths_first_bytes(
        is_field ? extent_of(tensor.message, tensor.field.number).last
                 : tensor.message,
        tensor.field);
  } catch (const Error& error) {
    fail(tensor, error.what());
  }
}

// Whether the message has values of no more than one element. Of many only the
// first few are looked at.
bool has_one_at_most(const ProtoTensor& tensor) {
  constexpr uint64_t kMostItemBytes = 10;
  uint32_t parts = tensor.field.parts;
  uint64_t items = 0;
  MessageReader in(tensor.message, tensor.message, "TensorProto");
  while (items <= parts && in.next()) {
    if (in.field() != tensor.field.number) continue;
    if (!in.is_bytes()) {
      ++items;
    } else if (in.bytes("values").size() > kMostItemBytes * parts) {
      return false;
    } else {
      return count_items(tensor.message, tensor.field) <= parts;
    }
  }
  return items <= parts;
}

// One value that all elements repeat is a view of it.
bool repeats_one(const ProtoTensor& tensor, const Tensor& row) {
  return tensor.field.repeats_last && tensor.field.packed_bits == 0 &&
         tensor.raw.data() == nullptr && row.dtype != DType::kString &&
         row.elements() > 1 && has_one_at_most(tensor);
}

// Numbers that lie in the message as they are in memory are read there.
void find_raw(ProtoTensor* tensor, uint64_t size_bytes) {
  uint32_t bits = dtype_info(tensor->dtype).bits;
  bool is_fixed = tensor->field.item == EncodedField::Item::kFixed32 ||
                  tensor->field.item == EncodedField::Item::kFixed64;
  if (!is_fixed || bits / 8 % tensor->field.item_bytes != 0) return;
  FieldExtent extent = extent_of(tensor->message, tensor->field.number);
  if (extent.occurrences == 1 && extent.last.size() == size_bytes) {
    tensor->raw = extent.last;
  }
}

// The row without its storage, once its values are found and known to suffice.
Tensor make_row(ProtoTensor* tensor, const Model& model) {
  Tensor row;
  row.name = tensor->name;
  row.shape = tensor->shape;
  row.strides = contiguous_strides(row.shape);
  row.dtype = tensor->dtype;
  row.role = tensor->role;
  check_tensor(model, row);  // So that its size is known.
  if (!tensor->no_data.empty()) {
    auto details = std::make_shared<TensorDetails>();
    details->no_data = tensor->no_data;
    details->opaque_type = tensor->opaque_type;
    row.details = std::move(details);
    return row;
  }
  if (row.dtype == DType::kString) {
    auto details = std::make_shared<TensorDetails>();
    details->string_bytes = decoded_string_bytes(*tensor);
    row.details = std::move(details);
    return row;
  }
  if (row.dtype == DType::kOpaque) {
    auto details = std::make_shared<TensorDetails>();
    details->opaque_type = tensor->opaque_type;
    details->opaque_bytes = tensor->opaque_bytes;
    row.details = std::move(details);
    check_tensor(model, row);
  }
  if (repeats_one(*tensor, row)) {
    row.strides.assign(row.shape.size(), 0);
  } else if (tensor->raw.data() == nullptr && row.size_bytes() > 0) {
    find_raw(tensor, row.size_bytes());
  }
  if (tensor->raw.data() != nullptr && tensor->raw.size() != row.size_bytes()) {
    fail(*tensor, fmt::format("{} bytes of values where its shape needs {}",
                              tensor->raw.size(), row.size_bytes()));
  }
  return row;
}

uint32_t add_record(const ProtoTensor& tensor, std::string_view bytes,
                    Model* model) {
  Record record;
  record.name = tensor.key;
  record.file = tensor.file;
  std::string_view file = model->files[tensor.file]->data();
  if (!bytes.empty()) {
    record.offset = static_cast<uint64_t>(bytes.data() - file.data());
  }
  record.stored_bytes = record.size_bytes = bytes.size();
  model->records.push_back(record);
  return static_cast<uint32_t>(model->records.size() - 1);
}

uint32_t add_storage(const ProtoTensor& tensor, uint64_t size_bytes,
                     Model* model) {
  bool is_encoded = tensor.raw.data() == nullptr;
  std::string_view bytes = is_encoded ? tensor.message : tensor.raw;
  Storage storage;
  storage.key = tensor.key;
  storage.tensors = 1;
  storage.size_bytes = size_bytes;
  if (is_encoded) {
    storage.field = static_cast<uint32_t>(model->fields.size());
    model->fields.push_back(tensor.field);
    model->fields.back().message_bytes = bytes.size();
  }
  if (tensor.file == kNoIndex) {
    storage.memory = bytes;
  } else {
    storage.record = add_record(tensor, bytes, model);
  }
  model->storages.push_back(storage);
  return static_cast<uint32_t>(model->storages.size() - 1);
}

uint32_t add_path(const ProtoTensor& tensor, Model* model) {
  bool is_key = tensor.name == tensor.key;
  std::string_view name = is_key ? tensor.key : model->objects.own(tensor.name);
  ObjectRef key = model->objects.add_bytes(ObjectKind::kString, name);
  model->paths.push_back({kNoIndex, key, false});
  return static_cast<uint32_t>(model->paths.size() - 1);
}

}  // namespace

uint32_t add_proto_tensor(ProtoTensor tensor, Model* model) {
  Tensor row = make_row(&tensor, *model);
  if (tensor.no_data.empty()) {
    bool is_one = row.elements() > 1 && !row.is_contiguous();
    row.storage = add_storage(
        tensor, is_one ? row.element_bits() / 8 : row.size_bytes(), model);
  }
  row.path = add_path(tensor, model);
  model->tensors.push_back(std::move(row));
  return static_cast<uint32_t>(model->tensors.size() - 1);
}

}  // namespace tsinspect
