// What torch 0.1 wrote, a tar of four members:
//
//   storages   pickle of a count n; n times: pickle of (key, location, type),
//              int64 element count, the elements; then a pickle of the views,
//              a list of (key, root key, offset, elements)
//   tensors    pickle of a count n; n times: pickle of (key, storage key,
//   type),
//              int32 dimensions, 4 bytes unused, int64 shape[], int64 stride[],
//              int64 storage offset
//   pickle     the object; tensors and storages by the persistent id of a key
//   sys_info   pickle of the system info
//
// Source: torch/serialization.py, legacy_load in _legacy_load.

#include <fmt/format.h>

#include <charconv>
#include <unordered_map>

#include "base/checked.h"
#include "base/printable.h"
#include "format/format.h"
#include "pickle/pickle.h"
#include "rebuild/collect.h"

namespace tsinspect {
namespace {

constexpr uint64_t kBlock = 512;
constexpr std::string_view kUstar = "ustar";
constexpr size_t kUstarOffset = 257;

// Text of a tar header's field, which NULs or spaces end.
std::string_view field(std::string_view header, size_t offset, size_t size) {
  std::string_view text = header.substr(offset, size);
  text = text.substr(0, text.find('\0'));
  size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  text.remove_prefix(first);
  return text.substr(0, text.find(' '));
}

std::vector<Record> read_tar_directory(std::string_view file) {
  std::vector<Record> records;
  ByteReader in(file);
  while (in.remaining() >= kBlock) {
    uint64_t at = in.offset();
    std::string_view header = in.bytes(kBlock, "tar header");
    if (header[0] == '\0') break;
    Record record;
    record.name = field(header, 0, 100);
    if (record.name.starts_with("./")) record.name.remove_prefix(2);
    std::string_view size = field(header, 124, 12);
    auto [end, error] = std::from_chars(size.data(), size.data() + size.size(),
                                        record.size_bytes, 8);
    if (error != std::errc() || end != size.data() + size.size()) {
      throw Error(ErrorKind::kMalformed, "tar: a member's size is no number",
                  at + 124);
    }
    record.stored_bytes = record.size_bytes;
    record.offset = in.offset();
    in.bytes(record.size_bytes, "tar member");
    records.push_back(record);
    uint64_t padding = (kBlock - record.size_bytes % kBlock) % kBlock;
    in.bytes(std::min<uint64_t>(padding, in.remaining()), "tar padding");
  }
  return records;
}

const Record* find_record(const std::vector<Record>& records,
                          std::string_view name) {
  for (const Record& record : records) {
    if (record.name == name) return &record;
  }
  return nullptr;
}

bool matches(const Input& input) {
  std::string_view file = input.data();
  if (file.size() < kBlock || file.substr(kUstarOffset, 5) != kUstar) {
    return false;
  }
  try {
    auto records = read_tar_directory(file);
    return find_record(records, "pickle") && find_record(records, "storages");
  } catch (const Error&) {
    return false;
  }
}

struct View {
  uint32_t storage;
  DType dtype;
  int64_t offset;  // In elements.
  uint64_t elements;
};

class TarReader {
 public:
  TarReader(const Input& input, Model* model)
      : file_(input.data()), model_(*model) {}

  void read(const Limits& limits) {
    model_.records = read_tar_directory(file_);
    read_storages();
    read_tensors();
    ByteReader in = member("pickle");
    model_.root = pickle(&in);
    collect_tensors(limits);
  }

 private:
  ByteReader member(std::string_view name) const {
    const Record* record = find_record(model_.records, name);
    if (record == nullptr) {
      throw Error(ErrorKind::kMalformed,
                  fmt::format("the tar has no member {}", quoted(name)));
    }
    return ByteReader(file_.substr(record->offset, record->size_bytes),
                      record->offset);
  }

  ObjectRef pickle(ByteReader* in) {
    return read_pickle(in, kNoIndex, &model_.objects, &model_.imports);
  }

  [[noreturn]] static void fail(const ByteReader& in, const char* message) {
    throw Error(ErrorKind::kMalformed, message, in.offset());
  }

  uint64_t count(ByteReader* in) {
    ObjectRef ref = pickle(in);
    if (model_.objects.kind(ref) != ObjectKind::kInt ||
        model_.objects.integer(ref) < 0) {
      fail(*in, "a count is no number");
    }
    return static_cast<uint64_t>(model_.objects.integer(ref));
  }

  // Fields of a pickled tuple, of which there are `size`.
  std::vector<ObjectRef> fields(ByteReader* in, size_t size) {
    auto items = model_.objects.items(pickle(in));
    if (items.size() != size) fail(*in, "a tuple of another length");
    return {items.begin(), items.end()};
  }

  // Keys are numbers, as integers or, in persistent ids, as text.
  int64_t key(const ByteReader& in, ObjectRef ref) const {
    if (model_.objects.kind(ref) == ObjectKind::kInt) {
      return model_.objects.integer(ref);
    }
    std::string_view text = model_.objects.bytes(ref);
    int64_t value = 0;
    auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() ||
        end != text.data() + text.size()) {
      fail(in, "a key is no number");
    }
    return value;
  }

  void read_storages() {
    ByteReader in = member("storages");
    for (uint64_t n = count(&in); n > 0; --n) {
      auto head = fields(&in, 3);
      std::string_view type = model_.objects.bytes(head[2]);
      const DTypeInfo* dtype =
          find_dtype_of_storage(type.substr(type.rfind('.') + 1));
      if (dtype == nullptr) fail(in, "a storage has an unknown type");
      uint64_t elements = in.u64("element count of a storage");
      auto size = checked_bytes(elements, dtype->bits);
      if (!size) fail(in, "a storage is too large");
      Storage storage;
      storage.device = model_.objects.bytes(head[1]);
      storage.record = record_of("storages");
      storage.offset = in.position();
      storage.size_bytes = *size;
      in.bytes(*size, "storage");
      views_[key(in, head[0])] = {static_cast<uint32_t>(model_.storages.size()),
                                  dtype->dtype, 0, elements};
      model_.storages.push_back(storage);
    }
    ObjectRef views = pickle(&in);
    for (ObjectRef view : model_.objects.items(views)) add_view(in, view);
  }

  uint32_t record_of(std::string_view name) const {
    return static_cast<uint32_t>(find_record(model_.records, name) -
                                 model_.records.data());
  }

  void add_view(const ByteReader& in, ObjectRef ref) {
    auto items = model_.objects.items(ref);
    if (items.size() != 4) fail(in, "a view is no tuple of four");
    auto root = views_.find(key(in, items[1]));
    if (root == views_.end()) fail(in, "a view of no storage");
    View view = root->second;
    auto offset = static_cast<uint64_t>(key(in, items[2]));
    auto elements = static_cast<uint64_t>(key(in, items[3]));
    auto end = checked_add(offset, elements);
    if (!end || *end > view.elements) fail(in, "a view exceeds its storage");
    view.offset = static_cast<int64_t>(offset);
    view.elements = elements;
    views_[key(in, items[0])] = view;
  }

  void read_tensors() {
    ByteReader in = member("tensors");
    for (uint64_t n = count(&in); n > 0; --n) {
      auto head = fields(&in, 3);
      auto view = views_.find(key(in, head[1]));
      if (view == views_.end()) fail(in, "a tensor without a storage");
      uint32_t dimensions = in.u32("number of dimensions");
      in.u32("unused bytes");
      if (dimensions > in.remaining() / 16) fail(in, "too many dimensions");
      Tensor tensor;
      tensor.dtype = view->second.dtype;
      tensor.storage = view->second.storage;
      tensor.shape = numbers(&in, dimensions, "shape");
      tensor.strides = numbers(&in, dimensions, "strides");
      if (__builtin_add_overflow(view->second.offset,
                                 static_cast<int64_t>(in.u64("offset")),
                                 &tensor.storage_offset)) {
        fail(in, "an offset overflows");
      }
      tensors_[key(in, head[0])] = std::move(tensor);
    }
  }

  static std::vector<int64_t> numbers(ByteReader* in, uint32_t n,
                                      const char* what) {
    std::vector<int64_t> values(n);
    for (int64_t& value : values) value = static_cast<int64_t>(in->u64(what));
    return values;
  }

  // A persistent id is a key. Old containers wrap a class in a tuple instead.
  bool find_tensor(ObjectRef persistent, Tensor* tensor) const {
    ObjectRef id = model_.objects.items(persistent)[0];
    if (model_.objects.kind(id) == ObjectKind::kTuple) return false;
    int64_t wanted = key(ByteReader({}), id);
    if (auto found = tensors_.find(wanted); found != tensors_.end()) {
      *tensor = found->second;
      return true;
    }
    auto view = views_.find(wanted);
    if (view == views_.end()) return false;
    tensor->dtype = view->second.dtype;
    tensor->storage = view->second.storage;
    tensor->shape = {static_cast<int64_t>(view->second.elements)};
    tensor->strides = {1};
    tensor->storage_offset = view->second.offset;
    return true;
  }

  void collect_tensors(const Limits& limits) {
    TensorRebuilder rebuilder(&model_, [](const StorageId&) -> uint32_t {
      throw Error(ErrorKind::kMalformed, "a storage id of a later form");
    });
    rebuilder.set_tensor_finder([this](ObjectRef ref, Tensor* tensor) {
      return find_tensor(ref, tensor);
    });
    collect_python(limits, &rebuilder, &model_);
  }

  std::string_view file_;
  Model& model_;
  std::unordered_map<int64_t, View> views_;
  std::unordered_map<int64_t, Tensor> tensors_;
};

void read(const Input& input, Model* model) {
  model->form = Form::kTorchSaveTar;
  model->producer.torch_version = "0.1";
  TarReader(input, model).read(input.limits);
}

}  // namespace

Format torch_tar_format() {
  return {"torch_tar", "what torch.save wrote in torch 0.1", matches, read};
}

}  // namespace tsinspect
