#include "libtorch/archive_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/file.h"
#include "base/printable.h"
#include "libtorch/debug_ranges.h"
#include "libtorch/mapping.h"
#include "rebuild/archive.h"
#include "tsinspect/values.h"

#if __has_include(<torch/csrc/jit/operator_upgraders/upgraders_entry.h>)
#include <torch/csrc/jit/operator_upgraders/upgraders_entry.h>
#define TSINSPECT_HAS_UPGRADERS
#endif
#include <torch/csrc/jit/serialization/storage_context.h>

namespace tsinspect {
namespace {

using caffe2::serialize::PyTorchStreamReader;
using torch::jit::DeserializationStorageContext;

// The alignment of LibTorch's widest scalar, complex double.
constexpr uint64_t kAlignment = 16;

#if TORCH_VERSION_MAJOR < 2
// The first archives whose pickles say the types of lists and dicts, without
// which LibTorch corrects what __setstate__ is given by a function it keeps for
// itself.
constexpr uint64_t kTypedVersion = 3;
#endif

class MappedAdapter final : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit MappedAdapter(std::shared_ptr<Mapping> mapping)
      : mapping_(std::move(mapping)) {}

  size_t size() const override { return mapping_->size(); }

  size_t read(uint64_t at, void* buffer, size_t size,
              const char* = "") const override {
    if (at > mapping_->size()) return 0;
    size = std::min<uint64_t>(size, mapping_->size() - at);
    if (size != 0) std::memcpy(buffer, mapping_->data() + at, size);
    return size;
  }

 private:
  std::shared_ptr<Mapping> mapping_;
};

std::string_view root_of(const Model& model) {
  return find_archive_root(model.records, "constants.pkl");
}

bool has_record(const Model& model, const std::string& name) {
  return std::ranges::find(model.records, name, &Record::name) !=
         model.records.end();
}

bool has_twins(const Model& model) {
  std::unordered_set<std::string_view> names;
  return !std::ranges::all_of(model.records, [&](const Record& record) {
    return names.insert(record.name).second;
  });
}

#if TORCH_VERSION_MAJOR < 2
// Whether a class makes its own state, by methods that fit each other: LibTorch
// keeps that question for itself.
bool has_state_methods(const c10::ClassType& cls) {
  const torch::jit::Function* get = cls.findMethod("__getstate__");
  const torch::jit::Function* set = cls.findMethod("__setstate__");
  if (get == nullptr || set == nullptr) return false;
  const c10::FunctionSchema& getter = get->getSchema();
  const c10::FunctionSchema& setter = set->getSchema();
  TORCH_CHECK(getter.arguments().size() == 1 && getter.returns().size() == 1,
              "'__getstate__' must take 'self' alone, and return 1 value");
  TORCH_CHECK(
      setter.arguments().size() == 2 && setter.returns().size() == 1 &&
          setter.returns()[0].type()->isSubtypeOf(*c10::NoneType::get()),
      "'__setstate__' must take 'self' and the state, and return None");
  const c10::Type& state = *setter.arguments()[1].type();
  TORCH_CHECK(getter.returns()[0].type()->isSubtypeOf(state),
              "'__getstate__' must return what '__setstate__' takes");
  return true;
}
#endif

// How an object is made of its state, as torch::jit::load does it.
c10::intrusive_ptr<c10::ivalue::Object> make_object(
    const c10::StrongTypePtr& type, c10::IValue state) {
#if TORCH_VERSION_MAJOR >= 2
  return torch::jit::ObjLoaderFunc(type, std::move(state));
#else
  auto cls = type.type_->expect<c10::ClassType>();
  size_t count = cls->numAttributes();
  auto object = c10::ivalue::Object::create(type, count);
  if (!has_state_methods(*cls)) {
    auto attributes = std::move(state).toGenericDict();
    for (size_t i = 0; i < count; ++i) {
      object->setSlot(i, attributes.at(cls->getAttributeName(i)));
    }
    return object;
  }
  torch::jit::GraphOptimizerEnabledGuard not_optimized(false);
  cls->getMethod("__setstate__")({object, std::move(state)});
  for (size_t i = 0; i < count; ++i) {
    auto kind = cls->getAttribute(i)->kind();
    bool may_be_none = kind == c10::TypeKind::UnionType ||
                       kind == c10::TypeKind::OptionalType ||
                       kind == c10::TypeKind::NoneType;
    TORCH_CHECK(may_be_none || !object->getSlot(i).isNone(), "The field '",
                cls->getAttributeName(i),
                "' was left uninitialized after '__setstate__'");
  }
  return object;
#endif
}

class ArchiveLoader {
 public:
  explicit ArchiveLoader(const Model& model)
      : model_(model),
        root_(root_of(model)),
        mapping_(Mapping::open(model.files[0]->path(), model.files[0]->size())),
        archive_(std::make_shared<PyTorchStreamReader>(
            std::make_shared<MappedAdapter>(mapping_))),
        importer_(
            unit_, &constants_,
            [this](const std::string& name) { return find_source(name); },
            archive_->version()) {}

  torch::jit::Module load() {
    c10::IValue constants = read("constants");
    for (const c10::IValue& value : constants.toTupleRef().elements()) {
      constants_.push_back(value);
    }
    return torch::jit::Module(read("data").toObject());
  }

  // Empty if nothing was copied.
  std::string copied() const {
    if (copied_ == 0) return {};
    return fmt::format(
        "{} of {} storages are copied, being compressed or not aligned",
        copied_, storages_);
  }

 private:
  std::string text(const std::string& record) {
    auto [data, size] = archive_->getRecord(record);
    return std::string(static_cast<const char*>(data.get()), size);
  }

  std::shared_ptr<torch::jit::Source> find_source(std::string name) {
    std::ranges::replace(name, '.', '/');
    std::string record = "code/" + name + ".py";
    if (!archive_->hasRecord(record)) return nullptr;
    std::shared_ptr<torch::jit::SourceRangeUnpickler> ranges;
    std::string debug = record + ".debug_pkl";
    if (archive_->hasRecord(debug)) ranges = debug_ranges(text(debug));
    return std::make_shared<torch::jit::Source>(text(record), record, 1,
                                                ranges);
  }

  c10::Storage storage_of(const Record& record, const std::string& name) {
    ++storages_;
    uint64_t offset = payload_offset(model_, record);
    if (offset != archive_->getRecordOffset(name)) {
      throw Error(ErrorKind::kMalformed,
                  "LibTorch finds " + tsinspect::quoted(record.name) +
                      " in another place of the file",
                  offset);
    }
    bool is_plain = record.method == 0 && !record.encrypted;
    if (is_plain && offset % kAlignment == 0) {
      return mapped_storage(mapping_, offset, record.size_bytes);
    }
    ++copied_;
    Bytes bytes = record_bytes(model_, record);
    return copied_storage(bytes.data.data(), bytes.data.size());
  }

  // The storages of a pickle, each of the size its record has: LibTorch checks
  // that tensors lie in them, and would believe the pickle about their size
  // otherwise.
  std::shared_ptr<DeserializationStorageContext> storages(
      const std::string& folder) {
    auto context = std::make_shared<DeserializationStorageContext>();
    std::string prefix = root_ + folder;
    for (const Record& record : model_.records) {
      if (!record.name.starts_with(prefix)) continue;
      std::string name(record.name.substr(root_.size()));
      context->addStorage(name.substr(folder.size()), storage_of(record, name));
    }
    return context;
  }

  c10::IValue read(const std::string& name) {
    std::string pickle = text(name + ".pkl");
    size_t at = 0;
    auto next = [&](char* buffer, size_t size) {
      size = std::min(size, pickle.size() - at);
      std::memcpy(buffer, pickle.data() + at, size);
      at += size;
      return size;
    };
    auto find_type = [&](const c10::QualifiedName& type) {
      return c10::StrongTypePtr(unit_, importer_.loadType(type));
    };
    auto find_record = [&](const std::string& key) -> at::DataPtr {
      throw Error(ErrorKind::kMalformed,
                  "there is no record " + tsinspect::quoted(name + "/" + key));
    };
    torch::jit::Unpickler unpickler(
        next, find_type,
        [&](const c10::StrongTypePtr& type, c10::IValue state) {
          return make_object(type, std::move(state));
        },
        find_record, at::Device(at::kCPU), false,
        torch::jit::Unpickler::defaultTypeParser, storages(name + "/"));
    unpickler.set_version(archive_->version());
    return unpickler.parse_ivalue();
  }

  const Model& model_;
  std::string root_;
  std::shared_ptr<Mapping> mapping_;
  std::shared_ptr<PyTorchStreamReader> archive_;
  std::shared_ptr<torch::jit::CompilationUnit> unit_ =
      std::make_shared<torch::jit::CompilationUnit>();
  std::vector<c10::IValue> constants_;
  torch::jit::SourceImporter importer_;
  uint64_t storages_ = 0;
  uint64_t copied_ = 0;
};

}  // namespace

bool is_torchscript(Form form) {
  return form == Form::kTorchScript || form == Form::kTorchScriptFrozen ||
         form == Form::kMobile;
}

std::string why_not_mapped(const Model& model) {
  std::string root(root_of(model));
  if (root.empty() || has_record(model, root + "model.json")) {
    return "an archive of before torch 1.3";
  }
  if (model.files.size() != 1 || !model.records[0].name.starts_with(root)) {
    return "several archives in one";
  }
  if (has_twins(model)) return "records of the same name";
  if (model.producer.big_endian) return "big-endian";
#if TORCH_VERSION_MAJOR < 2
  const std::string& version = model.producer.file_version;
  if (version.size() == 1 && version[0] < '0' + char(kTypedVersion)) {
    return "an archive of before torch 1.6, read by LibTorch 1";
  }
#endif
  return {};
}

torch::jit::Module load_mapped(const Model& model, std::string* copied) {
#ifdef TSINSPECT_HAS_UPGRADERS
  torch::jit::populate_upgraders_graph_map();
#endif
  ArchiveLoader loader(model);
  torch::jit::Module module = loader.load();
  *copied = loader.copied();
  return module;
}

}  // namespace tsinspect
