#include "export/golden.h"

#include <fmt/format.h>

#include <unordered_map>

#include "base/json_objects.h"
#include "base/json_text.h"
#include "base/printable.h"
#include "tensor/build.h"
#include "tsinspect/export.h"
#include "tsinspect/tensor_view.h"

namespace tsinspect {
namespace {

constexpr const char* kFormat = "tsinspect-golden/1";
constexpr const char* kArray = "__meta__";
constexpr const char* kMetadata = "tsinspect.golden";

// Reading

[[noreturn]] void reject(const std::string& what) {
  throw Error(ErrorKind::kMalformed, "golden file: " + what);
}

// The JSON text; empty where there is none.
std::string text_of(const Model& model, const Limits& limits) {
  for (const Tensor& tensor : model.tensors) {
    if (tensor.name != kArray || tensor.dtype != DType::kUInt8) continue;
    std::string text;
    read_values(
        model, tensor,
        [&](std::span<const std::byte> bytes) {
          text.append(reinterpret_cast<const char*>(bytes.data()),
                      bytes.size());
        },
        limits);
    return text;
  }
  if (model.form != Form::kSafetensors || model.root == kNoObject) return {};
  ObjectRef found = model.objects.find(model.root, kMetadata);
  return std::string(model.objects.bytes(found));
}

class GoldenReader {
 public:
  GoldenReader(RunRecord* record, const ObjectGraph& graph)
      : record_(*record), graph_(graph) {
    for (uint32_t row = 0; row < record_.model.tensors.size(); ++row) {
      rows_.emplace(record_.model.tensors[row].name, row);
    }
  }

  void read(ObjectRef top) {
    if (text(top, "format") != kFormat) {
      throw Error(ErrorKind::kUnsupported,
                  fmt::format("a golden file of format {}; {} is known",
                              quoted(text(top, "format")), quoted(kFormat)));
    }
    record_.method = text(top, "method");
    record_.producer = text(top, "producer");
    ObjectRef values = graph_.find(top, "values");
    if (graph_.kind(values) != ObjectKind::kList) reject("no list of values");
    for (ObjectRef value : graph_.items(values)) read_value(value);
  }

 private:
  std::string text(ObjectRef dict, std::string_view key) const {
    if (graph_.kind(dict) != ObjectKind::kDict) reject("not an object");
    return std::string(graph_.bytes(graph_.find(dict, key)));
  }

  void read_value(ObjectRef row) {
    RunValue value;
    value.name = text(row, "name");
    value.path = text(row, "path");
    value.method = text(row, "method");
    value.type = text(row, "type");
    ObjectRef call = graph_.find(row, "call");
    if (graph_.kind(call) == ObjectKind::kInt) {
      value.call = static_cast<uint32_t>(graph_.integer(call));
    }
    if (value.name.empty()) reject("a value has no name");
    if (value.type == "Tensor") {
      uint32_t tensor = find_tensor(row, value.name);
      append_value(&record_, std::move(value), tensor);
    } else {
      value.json = json_of(graph_.find(row, "value"));
      record_.values.push_back(std::move(value));
    }
  }

  // The tensor of this name, which gets back the dtype it had.
  uint32_t find_tensor(ObjectRef row, const std::string& name) {
    auto found = rows_.find(name);
    if (found == rows_.end()) reject("no array is named " + quoted(name));
    Tensor& tensor = record_.model.tensors[found->second];
    std::string stored = text(row, "stored");
    if (stored != "uint16" && stored != "uint8" && stored != "uint32") {
      return found->second;
    }
    std::string wanted = text(row, "dtype");
    const DTypeInfo* info = find_dtype(wanted);
    if (info == nullptr || info->bits != dtype_info(tensor.dtype).bits ||
        stored != dtype_info(tensor.dtype).name) {
      reject(fmt::format("{} is {}, not the bits of {}", quoted(name),
                         dtype_info(tensor.dtype).name, quoted(wanted)));
    }
    tensor.dtype = info->dtype;
    return found->second;
  }

  // The value as text; empty for none, and for what lists are not made of.
  std::string json_of(ObjectRef value) const {
    std::string out;
    switch (graph_.kind(value)) {
      case ObjectKind::kNone:
        return value == kNoObject ? "" : "null";
      case ObjectKind::kBool:
        return graph_.integer(value) ? "true" : "false";
      case ObjectKind::kInt:
        return fmt::to_string(graph_.integer(value));
      case ObjectKind::kFloat:
        return fmt::to_string(graph_.floating(value));
      case ObjectKind::kString:
        append_json_string(&out, graph_.bytes(value));
        return out;
      case ObjectKind::kList:
        for (ObjectRef item : graph_.items(value)) {
          out += (out.empty() ? "" : ",") + json_of(item);
        }
        return '[' + out + ']';
      default:
        return {};
    }
  }

  RunRecord& record_;
  const ObjectGraph& graph_;
  std::unordered_map<std::string, uint32_t> rows_;
};

// Writing

class GoldenWriter {
 public:
  GoldenWriter(const RunRecord& record, bool is_npz)
      : record_(record), is_npz_(is_npz) {}

  // The tensors as the file has them, and the text that says what they were.
  void write(const std::string& path, bool replace) {
    text_ = R"({"format":)";
    append_json_string(&text_, kFormat);
    member("producer", record_.producer);
    member("method", record_.method);
    text_ += R"(,"values":[)";
    for (const RunValue& value : record_.values) add(value);
    text_ += "]}";
    ExportOptions options;
    options.force = replace;
    if (is_npz_) {
      add_text_as_array();
    } else {
      options.metadata = {{kMetadata, text_}};
    }
    export_tensors(model_, path, options);
  }

 private:
  void member(std::string_view key, std::string_view value) {
    if (text_.back() != '{') text_ += ',';
    append_json_string(&text_, key);
    text_ += ':';
    append_json_string(&text_, valid_utf8(value));
  }

  void add(const RunValue& value) {
    text_ += text_.back() == '[' ? "{" : ",{";
    member("name", value.name);
    member("path", value.path);
    member("method", value.method);
    text_ += fmt::format(R"(,"call":{})", value.call);
    member("type", value.type);
    if (value.is_tensor()) {
      add_tensor(record_.model.tensors[value.tensor], value.name);
    } else if (!value.json.empty()) {
      text_ += R"(,"value":)" + value.json;
    }
    text_ += '}';
  }

  void add_tensor(const Tensor& source, const std::string& name) {
    member("dtype", dtype_info(source.dtype).name);
    text_ += fmt::format(R"(,"shape":[{}])", fmt::join(source.shape, ","));
    Tensor& tensor =
        dtype_info(source.dtype).type_class == DTypeClass::kQuantized
            ? add_dequantised(source)
            : add_as_it_is(source);
    tensor.name = name;
    if (tensor.dtype != source.dtype) {
      member("stored", dtype_info(tensor.dtype).name);
    }
  }

  Tensor& add_as_it_is(const Tensor& source) {
    Tensor tensor = source;
    if (source.storage != kNoIndex) {
      tensor.storage = add_storage(record_.model.storages[source.storage]);
    }
    if (is_npz_) tensor.dtype = npz_dtype(source.dtype);
    return model_.tensors.emplace_back(std::move(tensor));
  }

  // The dtype whose bits stand for one that NumPy has not.
  static DType npz_dtype(DType dtype) {
    const DTypeInfo& info = dtype_info(dtype);
    bool is_small_float =
        info.type_class == DTypeClass::kFloat && info.bits <= 16;
    if (dtype == DType::kFloat16 || !is_small_float) return dtype;
    return info.bits == 16 ? DType::kUInt16 : DType::kUInt8;
  }

  Tensor& add_dequantised(const Tensor& source) {
    std::vector<double> values = to_doubles(record_.model, source);
    auto floats =
        std::make_shared<std::vector<float>>(values.begin(), values.end());
    Tensor tensor;
    tensor.dtype = DType::kFloat32;
    tensor.shape = source.shape;
    tensor.strides = contiguous_strides(source.shape);
    tensor.storage = add_memory(
        {reinterpret_cast<const char*>(floats->data()), floats->size() * 4});
    model_.owned.push_back(std::move(floats));
    return model_.tensors.emplace_back(std::move(tensor));
  }

  void add_text_as_array() {
    Tensor tensor;
    tensor.name = kArray;
    tensor.dtype = DType::kUInt8;
    tensor.shape = {static_cast<int64_t>(text_.size())};
    tensor.strides = {1};
    tensor.storage = add_memory(text_);
    model_.tensors.push_back(std::move(tensor));
  }

  uint32_t add_memory(std::string_view memory) {
    Storage storage;
    storage.memory = memory;
    storage.size_bytes = memory.size();
    return add_storage(storage);
  }

  uint32_t add_storage(Storage storage) {
    storage.tensors = 1;
    model_.storages.push_back(storage);
    return static_cast<uint32_t>(model_.storages.size() - 1);
  }

  const RunRecord& record_;
  const bool is_npz_;
  Model model_;  // What the file holds; views the record's.
  std::string text_;
};

}  // namespace

RunRecord read_golden(const std::string& path, const Limits& limits) {
  RunRecord record;
  record.model = open_model(path, limits);
  std::string text = text_of(record.model, limits);
  if (text.empty()) {
    throw Error(ErrorKind::kUnsupported,
                "not a golden file: it has neither an array __meta__ nor "
                "metadata tsinspect.golden; see scripts/record_golden.py");
  }
  ObjectGraph graph;
  ObjectRef top = read_json_objects(text, kArray, 0, &graph);
  GoldenReader(&record, graph).read(top);
  return record;
}

void write_golden(const RunRecord& record, const std::string& path,
                  bool replace) {
  const ExportFormat* format = find_export_format_of(path);
  std::string_view name = format ? format->name : "";
  if (name != "npz" && name != "safetensors") {
    throw Error(ErrorKind::kUnsupported,
                "a golden file's name ends with .npz or .safetensors");
  }
  GoldenWriter(record, name == "npz").write(path, replace);
}

}  // namespace tsinspect
