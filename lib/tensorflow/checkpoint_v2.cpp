// Variables of a checkpoint of version 2; checkpoint.cpp says how they lie.

#include <fmt/format.h>

#include "base/checked.h"
#include "base/file.h"
#include "base/printable.h"
#include "tensor/assemble.h"
#include "tensor/build.h"
#include "tensorflow/bundle.h"
#include "tensorflow/checkpoint_table.h"
#include "tensorflow/element_type.h"
#include "tensorflow/shard_files.h"
#include "tensorflow/tensor_proto.h"

namespace tsinspect::tensorflow {
namespace {

constexpr size_t kNameColumns = 100;
constexpr uint8_t kLengthsChecksumBytes = 4;  // Between lengths and strings.

class BundleReader {
 public:
  BundleReader(CheckpointTable* index, const BundleHeader& header, Model* model)
      : index_(*index),
        header_(header),
        model_(model),
        shards_(model->files[index->file]->path(), header.shards, model) {}

  void read() {
    for (const TableEntry& item : index_.table.entries) {
      if (item.key.empty() || item.key[0] == '\0') continue;
      index_.budget.charge(kVariableBytes + 2 * item.key.size());
      add(item);
    }
    shards_.report();
  }

 private:
  BundleEntry entry_of(std::string_view value) const {
    return read_bundle_entry(index_.reader(value, "BundleEntryProto"));
  }

  void add(const TableEntry& item) {
    BundleEntry entry = entry_of(item.value);
    ProtoTensor row;
    row.name = item.key;
    row.key = item.key;
    row.role = Role::kVariable;
    if (!entry.shape) fail(item.key, "its shape is not known");
    row.shape = *entry.shape;
    if (entry.slices.empty()) {
      find_values(item.key, entry, &row);
      add_whole(std::move(row), entry);
    } else {
      index_.budget.charge(entry.slices.size() *
                           (sizeof(AssemblyPart) + sizeof(Record)));
      add_sliced(std::move(row), entry);
    }
  }

  // What values lie in a shard, or why they are not there.
  void find_values(std::string_view name, const BundleEntry& entry,
                   ProtoTensor* row) {
    ShardBytes found = shards_.find(name, entry);
    bool is_found = found.file != kNoIndex;
    set_type(entry.dtype, {}, is_found ? found.bytes : "", row);
    if (row->no_data.empty()) row->no_data = found.problem;
    row->file = found.file;
    if (row->dtype == DType::kString) {
      row->field.gap_bytes = kLengthsChecksumBytes;
    }
  }

  void add_whole(ProtoTensor row, const BundleEntry& entry) {
    const Tensor& tensor =
        model_->tensors[add_proto_tensor(std::move(row), model_)];
    if (tensor.storage == kNoIndex) return;
    Storage& storage = model_->storages[tensor.storage];
    storage.big_endian = header_.big_endian;
    set_checksum(storage.record, entry);
  }

  void set_checksum(uint32_t record, const BundleEntry& entry) {
    model_->records[record].checksum = Checksum::kMaskedCrc32c;
    model_->records[record].crc32 = entry.crc32c;
  }

  // A variable whose values lie in slices.
  void add_sliced(ProtoTensor row, const BundleEntry& entry) {
    std::string_view name = row.key;
    const ElementType* type = find_element_type(entry.dtype);
    bool is_plain =
        type != nullptr && type->bytes > 0 && type->packed_bits == 0;
    // Sets what the dtype asks for; the values are not there yet.
    set_type(entry.dtype, {}, "", &row);
    Assembly assembly = {row.shape, is_plain ? type->bytes : 0u, {}};
    if (row.no_data.empty() && !is_plain) {
      row.no_data = fmt::format("slices of type {} are not read", type->name);
    }
    for (const TensorSlice& slice : entry.slices) {
      if (!row.no_data.empty()) break;
      row.no_data = add_part(name, slice, &assembly);
    }
    std::string no_data = row.no_data;
    if (no_data.empty()) row.no_data = "its slices are not put together";
    Tensor& tensor = model_->tensors[add_proto_tensor(std::move(row), model_)];
    if (no_data.empty()) put_together(std::move(assembly), name, &tensor);
  }

  void put_together(Assembly assembly, std::string_view name, Tensor* tensor) {
    try {
      tensor->storage = add_assembly(std::move(assembly), name, model_);
    } catch (const Error& error) {
      fail(name, error.what());
    }
    tensor->details = nullptr;
  }

  // Why a slice has no values, if it has none.
  std::string add_part(std::string_view name, const TensorSlice& slice,
                       Assembly* assembly) {
    const TableEntry* item = index_.table.find(slice_key(name, slice));
    if (item == nullptr) {
      std::string problem =
          fmt::format("its slice {} is not in the index", slice.text());
      shards_.findings().add("missing-slice", Severity::kError, name, problem);
      return problem;
    }
    BundleEntry entry = entry_of(item->value);
    ShardBytes found = shards_.find(name, entry);
    if (found.file == kNoIndex) return found.problem;
    AssemblyPart part;
    part.start = slice.start;
    part.shape = slice.shape_in(assembly->shape);
    part.storage.key = name;
    part.storage.size_bytes = entry.size;
    part.storage.big_endian = header_.big_endian;
    part.storage.record = add_record(name, slice, entry, found);
    assembly->parts.push_back(std::move(part));
    return "";
  }

  uint32_t add_record(std::string_view name, const TensorSlice& slice,
                      const BundleEntry& entry, const ShardBytes& found) {
    Record record;
    record.name = model_->objects.own(fmt::format("{} {}", name, slice.text()));
    record.file = found.file;
    record.offset = entry.offset;
    record.stored_bytes = record.size_bytes = entry.size;
    index_.budget.charge(record.name.size());
    model_->records.push_back(record);
    auto row = static_cast<uint32_t>(model_->records.size() - 1);
    set_checksum(row, entry);
    return row;
  }

  [[noreturn]] static void fail(std::string_view name,
                                const std::string& problem) {
    throw Error(ErrorKind::kMalformed,
                fmt::format("variable '{}': {}", printable(name, kNameColumns),
                            problem));
  }

  CheckpointTable& index_;
  BundleHeader header_;
  Model* model_;
  ShardFiles shards_;
};

}  // namespace

void read_bundle(CheckpointTable* index, Model* model) {
  std::string_view value = index->table.find("")->value;
  BundleHeader header =
      read_bundle_header(index->reader(value, "BundleHeaderProto"));
  model->producer.big_endian = header.big_endian;
  BundleReader(index, header, model).read();
}

}  // namespace tsinspect::tensorflow
