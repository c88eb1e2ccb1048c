// A safetensors file:
//
//   u64 header length     at most 100,000,000
//   header                JSON: {"__metadata__": {string: string},
//                           NAME: {"dtype": "F32", "shape": [2, 3],
//                                  "data_offsets": [begin, end]}, …}
//   data                  the tensors' bytes, little-endian, contiguous
//
// The tensors' ranges, sorted, begin at 0, leave no gap, do not overlap and end
// with the file. Source: safetensors/src/tensor.rs of safetensors 0.8.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/byte_reader.h"
#include "base/checked.h"
#include "base/printable.h"
#include "format/format.h"
#include "tensor/build.h"
#include "tensor/safetensors_header.h"

namespace tsinspect {
namespace {

constexpr uint64_t kLengthBytes = 8;
constexpr size_t kNameColumns = 100;

using Entry = SafetensorsEntry;

// What a dtype of the header stands for.
struct ElementType {
  std::string_view name;
  uint32_t bits = 0;
  DType dtype = DType::kOpaque;
  // Elements do not fill a byte. They are read as their bytes, as torch does:
  // [2, 4] of F4 is [2, 2] of float4_e2m1fn_x2.
  bool packed = false;
};

constexpr std::array kPackedTypes = {
    ElementType{"F4", 4, DType::kFloat4E2M1FNx2, true},
    ElementType{"F6_E2M3", 6, DType::kOpaque, true},
    ElementType{"F6_E3M2", 6, DType::kOpaque, true},
};

[[noreturn]] void fail(ErrorKind kind, const Entry& entry,
                       const std::string& problem) {
  throw Error(kind, fmt::format("safetensors header: tensor '{}': {}",
                                printable(entry.name, kNameColumns), problem));
}

ElementType find_type(const Entry& entry) {
  auto packed =
      std::ranges::find(kPackedTypes, entry.dtype, &ElementType::name);
  if (packed != kPackedTypes.end()) return *packed;
  const DTypeInfo* info = find_dtype_of_safetensors(entry.dtype);
  if (info == nullptr) {
    fail(ErrorKind::kUnsupported, entry,
         fmt::format("unknown dtype '{}'",
                     printable(entry.dtype, kNameColumns)));
  }
  return {entry.dtype, info->bits, info->dtype, false};
}

// Checks that an entry's bytes begin at `expected` and are as many as its
// shape and dtype need.
void check_entry(const Entry& entry, const ElementType& type,
                 uint64_t expected) {
  auto [begin, end] = entry.offsets;
  if (begin != expected || end < begin) {
    fail(ErrorKind::kMalformed, entry,
         fmt::format("data_offsets [{}, {}], where the next bytes begin at {}",
                     begin, end, expected));
  }
  auto elements = checked_elements(entry.shape);
  auto total_bits =
      elements ? checked_multiply(*elements, type.bits) : std::nullopt;
  if (!total_bits) {
    fail(ErrorKind::kMalformed, entry,
         fmt::format("shape times the size of {} overflows", entry.dtype));
  }
  if (*total_bits % 8 != 0) {
    fail(ErrorKind::kMalformed, entry,
         fmt::format("{} elements of {} end inside a byte", *elements,
                     entry.dtype));
  }
  if (*total_bits / 8 != end - begin) {
    fail(ErrorKind::kMalformed, entry,
         fmt::format("{} elements of {} need {} bytes, but data_offsets span "
                     "{}",
                     *elements, entry.dtype, *total_bits / 8, end - begin));
  }
}

// The shape in bytes of a tensor of packed elements.
std::vector<int64_t> packed_shape(const Entry& entry, const ElementType& type) {
  std::vector<int64_t> shape = entry.shape;
  if (!shape.empty() && shape.back() * type.bits % 8 == 0) {
    shape.back() = shape.back() * type.bits / 8;
    return shape;
  }
  return {static_cast<int64_t>(entry.offsets[1] - entry.offsets[0])};
}

// Of several entries of one name the last counts, as in safetensors.
void drop_repeated(std::vector<Entry>* entries, Model* model) {
  NameIndex index(entries->size());
  auto name_of = [&](uint32_t i) { return (*entries)[i].name; };
  std::vector<uint32_t> dropped;
  for (uint32_t i = 0; i < entries->size(); ++i) {
    uint32_t earlier = index.replace(name_of(i), i, name_of);
    if (earlier != kNoIndex) dropped.push_back(earlier);
  }
  if (dropped.empty()) return;
  model->findings.push_back(
      {"duplicate-name", Severity::kWarning,
       std::string((*entries)[dropped[0]].name),
       fmt::format("the header describes {} tensor{} more than once; the last "
                   "entry counts",
                   dropped.size(), dropped.size() == 1 ? "" : "s")});
  std::ranges::sort(dropped);
  uint32_t at = 0;
  size_t next = 0;
  std::erase_if(*entries, [&](const Entry&) {
    bool drop = next < dropped.size() && dropped[next] == at;
    next += drop;
    ++at;
    return drop;
  });
}

// Adds a tensor with its record, storage and key path. `data` is the offset of
// the tensors' bytes in the file.
void add_tensor(Entry* entry, const ElementType& type, uint64_t data,
                Model* model) {
  auto [begin, end] = entry->offsets;
  Record record;
  record.name = entry->name;
  record.offset = data + begin;
  record.stored_bytes = record.size_bytes = end - begin;
  Storage storage;
  storage.key = entry->name;
  storage.record = static_cast<uint32_t>(model->records.size());
  storage.tensors = 1;
  storage.size_bytes = end - begin;

  Tensor tensor;
  tensor.name = entry->name;
  tensor.dtype = type.dtype;
  if (type.packed) {
    tensor.shape = packed_shape(*entry, type);
  } else {
    tensor.shape = std::move(entry->shape);
  }
  if (type.dtype == DType::kOpaque) {
    TensorDetails details;
    details.opaque_type = type.name;
    details.opaque_bytes = 1;
    tensor.details = std::make_shared<TensorDetails>(std::move(details));
  }
  tensor.strides = contiguous_strides(tensor.shape);
  tensor.storage = static_cast<uint32_t>(model->storages.size());
  tensor.path = static_cast<uint32_t>(model->paths.size());
  ObjectRef key = model->objects.add_bytes(ObjectKind::kString, entry->name);
  model->paths.push_back({kNoIndex, key, false});
  model->records.push_back(record);
  model->storages.push_back(storage);
  model->tensors.push_back(std::move(tensor));
}

void add_metadata(const SafetensorsHeader& header, Model* model) {
  if (!header.has_metadata) return;
  std::vector<ObjectRef> items;
  for (auto [key, value] : header.metadata) {
    items.push_back(model->objects.add_bytes(ObjectKind::kString, key));
    items.push_back(model->objects.add_bytes(ObjectKind::kString, value));
  }
  model->root = model->objects.add_container(ObjectKind::kDict, items);
  ObjectRef format = model->objects.find(model->root, "format");
  if (format != kNoObject) {
    model->producer.metadata = model->objects.bytes(format);
  }
}

bool matches(const Input& input) {
  ByteReader in(input.data());
  if (in.remaining() <= kLengthBytes) return false;
  // A sane length, or one that could not be text.
  uint64_t length = in.u64("header length");
  if (length >= uint64_t{1} << 40 && length < uint64_t{1} << 63) return false;
  std::string_view rest = in.rest();
  size_t start = rest.find_first_not_of(" \t\r\n");
  return start != std::string_view::npos && rest[start] == '{';
}

void read(const Input& input, Model* model) {
  model->form = Form::kSafetensors;
  ByteReader in(input.data());
  uint64_t length = in.u64("header length");
  if (length > input.limits.safetensors_header_bytes) {
    throw Error(ErrorKind::kLimit,
                fmt::format("safetensors header of {} bytes; at most {} are "
                            "allowed",
                            length, input.limits.safetensors_header_bytes),
                0);
  }
  std::string_view text = in.bytes(length, "safetensors header");
  SafetensorsHeader header =
      parse_safetensors_header(text, kLengthBytes, in.remaining());
  uint64_t data = in.offset();
  model->inflated = std::move(header.owned);
  auto& entries = header.entries;
  drop_repeated(&entries, model);
  if (!std::ranges::is_sorted(entries, {}, &Entry::offsets)) {
    std::ranges::stable_sort(entries, {}, &Entry::offsets);
  }

  add_metadata(header, model);
  model->records.reserve(entries.size());
  model->storages.reserve(entries.size());
  model->paths.reserve(entries.size());
  model->tensors.reserve(entries.size());
  uint64_t end = 0;
  ElementType type;
  for (Entry& entry : entries) {
    if (entry.dtype != type.name) type = find_type(entry);
    check_entry(entry, type, end);
    end = entry.offsets[1];
    add_tensor(&entry, type, data, model);
  }
  if (end != in.remaining()) {
    model->stopped = Error(
        ErrorKind::kMalformed,
        fmt::format("the tensors take {} bytes, but {} follow the header: {}",
                    end, in.remaining(),
                    end > in.remaining() ? "the file is cut off"
                                         : "the rest belongs to no tensor"),
        data);
  }
}

}  // namespace

Format safetensors_format() {
  return {"safetensors", "safetensors files", matches, read};
}

}  // namespace tsinspect
