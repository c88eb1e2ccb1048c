// A TorchScript archive of torch 1.0 to 1.2, a zip:
//
//   NAME/model.json       the module tree and the table of tensors
//   NAME/tensors/N        the bytes of storages
//   NAME/attributes.pkl   a list of the values of attributes
//   NAME/code/NAME.py     functions of each module, with CONSTANTS.cN for row N
//                         of the table
//
// Source: torch/csrc/jit/serialization/import_legacy.cpp of torch 1.4.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/json_objects.h"
#include "base/printable.h"
#include "format/format.h"
#include "rebuild/archive.h"
#include "rebuild/collect.h"
#include "tensor/build.h"
#include "torchscript/archive_source.h"

namespace tsinspect {
namespace {

constexpr std::string_view kModelJson = "model.json";

// Far more than torch had; each costs memory a tensor.
constexpr size_t kMaxDimensions = 64;

bool matches(const Input& input) {
  return !find_archive_root(input.records, kModelJson).empty();
}

struct DataType {
  std::string_view name;  // caffe2.TensorProto.DataType's
  DType dtype;
};

constexpr DataType kDataTypes[] = {
    {"FLOAT", DType::kFloat32},   {"DOUBLE", DType::kFloat64},
    {"FLOAT16", DType::kFloat16}, {"INT64", DType::kInt64},
    {"INT32", DType::kInt32},     {"INT16", DType::kInt16},
    {"INT8", DType::kInt8},       {"UINT8", DType::kUInt8},
    {"BYTE", DType::kUInt8},      {"BOOL", DType::kBool},
};

class JsonModelReader {
 public:
  JsonModelReader(const Input& input, Model* model)
      : archive_(model, input.names,
                 find_archive_root(model->records, kModelJson), input.limits),
        model_(*model),
        objects_(model->objects),
        limits_(input.limits) {}

  void read() {
    archive_.read_producer();
    model_.root = read_json_objects(archive_.text(archive_.find(kModelJson)),
                                    "model.json", 0, &objects_);
    std::string_view version = text(model_.root, "producerVersion");
    model_.producer.torch_version = printable(version, 20) + " or later";
    read_table();
    read_attributes();
    add_module(objects_.find(model_.root, "mainModule"), kNoIndex);
    add_constants();
    auto library = std::make_shared<torchscript::Library>();
    read_source(&archive_, limits_, library.get(), &model_);
    model_.source = library;
  }

 private:
  [[noreturn]] static void fail(const std::string& message) {
    throw Error(ErrorKind::kMalformed, "record 'model.json': " + message);
  }

  std::string_view text(ObjectRef object, std::string_view key) const {
    ObjectRef value = objects_.find(object, key);
    return value == kNoObject ? std::string_view() : objects_.bytes(value);
  }

  ObjectRef name(ObjectRef object) const {
    ObjectRef value = objects_.find(object, "name");
    if (value == kNoObject) fail("something has no name");
    return value;
  }

  std::span<const ObjectRef> list(ObjectRef object,
                                  std::string_view key) const {
    ObjectRef value = objects_.find(object, key);
    return value == kNoObject ? std::span<const ObjectRef>()
                              : objects_.items(value);
  }

  // The format writes 64-bit numbers as text; zero may be missing.
  static int64_t number(std::string_view text) {
    int64_t value = 0;
    auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
      fail(fmt::format("{} is no number", quoted(text)));
    }
    return value;
  }

  std::vector<int64_t> numbers(ObjectRef object, std::string_view key) const {
    std::vector<int64_t> values;
    auto items = list(object, key);
    if (items.size() > kMaxDimensions) {
      throw Error(ErrorKind::kLimit,
                  fmt::format("record 'model.json': {} of {} dimensions", key,
                              items.size()));
    }
    for (ObjectRef item : items) {
      values.push_back(number(objects_.bytes(item)));
    }
    return values;
  }

  bool is_true(ObjectRef object, std::string_view key) const {
    ObjectRef value = objects_.find(object, key);
    return value != kNoObject && objects_.kind(value) == ObjectKind::kBool &&
           objects_.integer(value) != 0;
  }

  int64_t index(ObjectRef object, std::string_view key) const {
    std::string_view value = text(object, key);
    return value.empty() ? 0 : number(value);
  }

  void read_table() {
    for (ObjectRef row : list(model_.root, "tensors")) {
      table_.push_back(read_tensor(row));
    }
    used_.resize(table_.size());
  }

  Tensor read_tensor(ObjectRef row) {
    Tensor tensor;
    std::string_view type = text(row, "dataType");
    auto known = std::ranges::find(kDataTypes, type, &DataType::name);
    if (known == std::end(kDataTypes)) {
      fail(fmt::format("data type {}", quoted(type)));
    }
    tensor.dtype = known->dtype;
    tensor.shape = numbers(row, "dims");
    tensor.strides = numbers(row, "strides");
    tensor.storage_offset = index(row, "offset");
    tensor.requires_grad = is_true(row, "requiresGrad");
    StorageId id;
    id.key = text(objects_.find(row, "data"), "key");
    id.device = text(row, "device");
    tensor.storage = find_storage_(id);
    return tensor;
  }

  void read_attributes() {
    uint32_t record = archive_.find("attributes.pkl");
    if (record == kNoIndex) return;
    ObjectRef values = archive_.pickle(record);
    for (ObjectRef value : objects_.items(values)) attributes_.push_back(value);
  }

  // The row of the table that an attribute's value is, or empty:
  // torch.jit._pickle.build_tensor_from_id(N).
  std::optional<size_t> table_row(ObjectRef value) const {
    if (!objects_.global_name(value).ends_with(".build_tensor_from_id")) {
      return std::nullopt;
    }
    auto arguments = objects_.items(objects_.arguments(value));
    if (arguments.size() != 1) return std::nullopt;
    if (objects_.kind(arguments[0]) != ObjectKind::kInt) return std::nullopt;
    return static_cast<size_t>(objects_.integer(arguments[0]));
  }

  uint32_t add_path(uint32_t parent, ObjectRef key) {
    model_.paths.push_back({parent, key, true});
    return static_cast<uint32_t>(model_.paths.size() - 1);
  }

  std::string named(uint32_t path) { return names_.name(model_, path); }

  void add_tensor(size_t row, ObjectRef key, uint32_t parent, uint32_t module,
                  Role role) {
    if (row >= table_.size()) fail(fmt::format("no tensor {}", row));
    Tensor tensor = table_[row];
    used_[row] = true;
    tensor.path = add_path(parent, key);
    tensor.name = named(tensor.path);
    tensor.module = module;
    tensor.role = role;
    check_tensor(model_, tensor);
    if (tensor.storage != kNoIndex) ++model_.storages[tensor.storage].tensors;
    model_.tensors.push_back(std::move(tensor));
  }

  // The nesting is bounded by that of JSON.
  void add_module(ObjectRef object, uint32_t path, uint32_t parent = kNoIndex) {
    if (object == kNoObject) fail("there is no main module");
    auto row = static_cast<uint32_t>(model_.modules.size());
    Module module;
    module.path = named(path);
    module.parent = parent;
    model_.modules.push_back(std::move(module));
    for (ObjectRef parameter : list(object, "parameters")) {
      add_tensor(
          static_cast<size_t>(index(parameter, "tensorId")), name(parameter),
          path, row,
          is_true(parameter, "isBuffer") ? Role::kBuffer : Role::kParameter);
    }
    for (ObjectRef attribute : list(object, "attributes")) {
      auto id = static_cast<size_t>(index(attribute, "id"));
      if (id >= attributes_.size()) continue;
      if (auto tensor = table_row(attributes_[id])) {
        // torch 1.2 and before have no attribute that is not a buffer.
        add_tensor(*tensor, name(attribute), path, row, Role::kBuffer);
      }
    }
    for (ObjectRef submodule : list(object, "submodules")) {
      add_module(submodule, add_path(path, name(submodule)), row);
    }
  }

  void add_constants() {
    std::ranges::stable_sort(model_.tensors, {}, &Tensor::role);
    ObjectRef prefix = objects_.add_bytes(ObjectKind::kString, "CONSTANTS");
    uint32_t path = add_path(kNoIndex, prefix);
    for (size_t i = 0; i < table_.size(); ++i) {
      if (used_[i]) continue;
      std::string_view name = objects_.own(fmt::format("c{}", i));
      add_tensor(i, objects_.add_bytes(ObjectKind::kString, name), path,
                 kNoIndex, Role::kConstant);
    }
  }

  Archive archive_;
  StorageFinder find_storage_ = archive_.storages("");
  Model& model_;
  ObjectGraph& objects_;
  const Limits& limits_;
  std::vector<Tensor> table_;
  std::vector<bool> used_;
  std::vector<ObjectRef> attributes_;
  NameBudget names_{archive_.name_bytes()};
};

void read(const Input& input, Model* model) {
  model->form = Form::kTorchScript;
  JsonModelReader(input, model).read();
}

}  // namespace

Format torchscript_json_format() {
  return {"torchscript_json", "TorchScript of torch 1.0 to 1.2", matches, read};
}

}  // namespace tsinspect
