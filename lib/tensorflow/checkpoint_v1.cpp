// Variables of a checkpoint of version 1; checkpoint.cpp says how they lie.

#include <fmt/format.h>

#include "base/file.h"
#include "base/printable.h"
#include "tensor/assemble.h"
#include "tensorflow/checkpoint_table.h"
#include "tensorflow/element_type.h"
#include "tensorflow/fields.h"
#include "tensorflow/tensor_proto.h"
#include "tensorflow/tensor_slice.h"

namespace tsinspect::tensorflow {
namespace {

constexpr size_t kNameColumns = 100;

// SavedSliceMeta: a variable and its slices.
struct Variable {
  std::string_view name;
  Shape shape;
  int64_t dtype = 0;
  std::vector<TensorSlice> slices;
};

Variable read_variable(MessageReader in) {
  Variable variable;
  variable.shape = std::vector<int64_t>();
  while (in.next()) {
    switch (in.field()) {
      case saved_slice_meta::kName:
        variable.name = in.bytes("name");
        break;
      case saved_slice_meta::kShape:
        variable.shape = read_shape(in.message("shape", "TensorShapeProto"));
        break;
      case saved_slice_meta::kType:
        variable.dtype = in.integer("type");
        break;
      case saved_slice_meta::kSlice:
        variable.slices.push_back(
            read_tensor_slice(in.message("slice", "TensorSliceProto")));
        break;
      default:
        break;
    }
  }
  return variable;
}

// The TensorProto in a SavedTensorSlices with values; empty if there is none.
std::string_view values_of(MessageReader in) {
  std::string_view values = "";
  while (in.next()) {
    if (in.field() != saved_tensor_slices::kData) continue;
    MessageReader slice = in.message("data", "SavedSlice");
    while (slice.next()) {
      if (slice.field() == saved_slice::kData) values = slice.bytes("data");
    }
  }
  return values;
}

class Version1Reader {
 public:
  Version1Reader(CheckpointTable* index, Model* model)
      : index_(*index), model_(model) {}

  void read() {
    MessageReader in =
        index_.reader(index_.table.find("")->value, "SavedTensorSlices");
    while (in.next()) {
      if (in.field() != saved_tensor_slices::kMeta) continue;
      MessageReader meta = in.message("meta", "SavedTensorSliceMeta");
      while (meta.next()) {
        if (meta.field() != saved_tensor_slice_meta::kTensor) continue;
        index_.budget.charge(kVariableBytes);
        add(read_variable(meta.message("tensor", "SavedSliceMeta")));
      }
    }
  }

 private:
  void add(const Variable& variable) {
    if (!variable.shape) fail(variable, "its shape is not known");
    index_.budget.charge(2 * variable.name.size() +
                         variable.slices.size() * sizeof(AssemblyPart));
    bool is_whole =
        variable.slices.size() == 1 && variable.slices[0].is_whole();
    if (is_whole) {
      add_proto_tensor(row_of(variable, variable.slices[0], *variable.shape),
                       model_);
    } else {
      add_sliced(variable);
    }
  }

  // A row for a slice of that shape.
  ProtoTensor row_of(const Variable& variable, const TensorSlice& slice,
                     std::vector<int64_t> shape) const {
    ProtoTensor row;
    row.name = variable.name;
    row.key = variable.name;
    row.role = Role::kVariable;
    row.shape = std::move(shape);
    const TableEntry* item = index_.table.find(slice_key(variable.name, slice));
    std::string_view values =
        item == nullptr
            ? std::string_view("")
            : values_of(index_.reader(item->value, "SavedTensorSlices"));
    set_type(variable.dtype, values, {}, &row);
    // All values are there.
    row.field.repeats_last = false;
    row.file = index_.is_mapped(values) ? index_.file : kNoIndex;
    if (item == nullptr && row.no_data.empty()) {
      row.no_data =
          fmt::format("its slice {} is not in the file", slice.text());
    }
    return row;
  }

  // Each slice is a row of its own for as long as it takes to read it.
  void add_sliced(const Variable& variable) {
    const ElementType* type = find_element_type(variable.dtype);
    bool is_plain =
        type != nullptr && type->bytes > 0 && type->packed_bits == 0;
    ProtoTensor whole;
    whole.name = variable.name;
    whole.key = variable.name;
    whole.role = Role::kVariable;
    whole.shape = *variable.shape;
    set_type(variable.dtype, "", {}, &whole);
    std::string problem = is_plain ? "" : "slices of this type are not read";
    Assembly assembly = {whole.shape, is_plain ? type->bytes : 0u, {}};
    for (const TensorSlice& slice : variable.slices) {
      if (!problem.empty()) break;
      problem = add_part(variable, slice, &assembly);
    }
    whole.no_data = problem.empty() ? "its slices are apart" : problem;
    uint32_t row = add_proto_tensor(std::move(whole), model_);
    if (!problem.empty()) return;
    try {
      model_->tensors[row].storage =
          add_assembly(std::move(assembly), variable.name, model_);
    } catch (const Error& error) {
      fail(variable, error.what());
    }
    model_->tensors[row].details = nullptr;
  }

  std::string add_part(const Variable& variable, const TensorSlice& slice,
                       Assembly* assembly) {
    ProtoTensor row = row_of(variable, slice, slice.shape_in(*variable.shape));
    if (!row.no_data.empty()) return row.no_data;
    AssemblyPart part;
    part.start = slice.start;
    part.shape = row.shape;
    add_proto_tensor(std::move(row), model_);
    part.storage = model_->storages.back();
    model_->storages.pop_back();
    model_->tensors.pop_back();
    model_->paths.pop_back();
    assembly->parts.push_back(std::move(part));
    return "";
  }

  [[noreturn]] static void fail(const Variable& variable,
                                const std::string& problem) {
    throw Error(ErrorKind::kMalformed,
                fmt::format("variable '{}': {}",
                            printable(variable.name, kNameColumns), problem));
  }

  CheckpointTable& index_;
  Model* model_;
};

}  // namespace

void read_checkpoint_v1(CheckpointTable* index, Model* model) {
  Version1Reader(index, model).read();
}

}  // namespace tsinspect::tensorflow
