// A TorchScript archive of torch 1.3 and later, a zip:
//
//   NAME/data.pkl         the module object: nested objects of scripted classes
//   NAME/constants.pkl    a tuple: the constants that code calls CONSTANTS.cN
//   NAME/data/KEY         the bytes of the module's storages
//   NAME/constants/KEY    the bytes of the constants' storages
//   NAME/code/**.py       source text of the classes, mostly deflated
//   NAME/version, NAME/byteorder, NAME/extra/*
//   NAME/bytecode.pkl     in mobile files: functions as bytecode
//
// Source: torch/csrc/jit/serialization/export_module.cpp and import.cpp.

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "format/format.h"
#include "rebuild/archive.h"
#include "rebuild/collect.h"
#include "torchscript/archive_source.h"

namespace tsinspect {
namespace {

constexpr std::string_view kPickle = "data.pkl";
constexpr std::string_view kConstants = "constants.pkl";
constexpr std::string_view kBytecode = "bytecode.pkl";

bool matches(const Input& input) {
  std::string_view root = find_archive_root(input.records, kConstants);
  return !root.empty() && input.find_record(std::string(root) +
                                            std::string(kPickle)) != kNoIndex;
}

class ScriptReader {
 public:
  ScriptReader(const Input& input, Model* model)
      : archive_(model, input.names,
                 find_archive_root(model->records, kConstants), input.limits),
        model_(*model),
        limits_(input.limits),
        program_only_(input.program_only) {}

  void read() {
    model_.form = archive_.find(kBytecode) == kNoIndex ? Form::kTorchScript
                                                       : Form::kMobile;
    archive_.read_producer();
    if (archive_.find("byteorder") != kNoIndex) {
      model_.producer.torch_version = "2.1 or later";
    }
    read_source(&archive_, limits_, library_.get(), &model_);
    model_.source = library_;
    model_.root = archive_.pickle(archive_.find(kPickle));
    if (!program_only_ || may_be_frozen()) collect_modules();
    read_constants();
    if (model_.form == Form::kMobile) read_bytecode();
    if (model_.form == Form::kTorchScript && is_frozen()) {
      model_.form = Form::kTorchScriptFrozen;
    }
  }

 private:
  using Roles = std::unordered_map<std::string_view, Role>;

  void collect_modules() {
    TensorRebuilder rebuilder(&model_, archive_.storages("data/"));
    CollectOptions options = collect_options(Role::kAttribute, kNoIndex);
    options.read_module = [this](ObjectRef object, ModuleView* view) {
      return take_apart(object, view);
    };
    options.repeat_modules = true;
    collect(model_.root, options, &rebuilder, &model_);
  }

  void read_constants() {
    model_.constants = archive_.pickle(archive_.find(kConstants));
    TensorRebuilder rebuilder(&model_, archive_.storages("constants/"));
    uint32_t prefix = add_path(kNoIndex, "CONSTANTS");
    auto items = model_.objects.items(model_.constants);
    std::vector<ObjectRef> values(items.begin(), items.end());
    for (size_t i = 0; i < values.size(); ++i) {
      if (!may_be_tensor(values[i])) continue;
      std::string_view name = model_.objects.own(fmt::format("c{}", i));
      collect(values[i],
              collect_options(Role::kConstant, add_path(prefix, name)),
              &rebuilder, &model_);
    }
  }

  void read_bytecode() {
    model_.bytecode = archive_.pickle(archive_.find(kBytecode));
    TensorRebuilder rebuilder(&model_, archive_.storages("constants/"));
    collect(model_.bytecode,
            collect_options(Role::kConstant, add_path(kNoIndex, "bytecode")),
            &rebuilder, &model_);
  }

  bool may_be_tensor(ObjectRef value) const {
    ObjectKind kind = model_.objects.kind(value);
    return kind == ObjectKind::kObject || kind == ObjectKind::kTuple ||
           kind == ObjectKind::kList || kind == ObjectKind::kDict;
  }

  CollectOptions collect_options(Role role, uint32_t path) const {
    CollectOptions options;
    options.role = role;
    options.path = path;
    options.name_bytes = archive_.name_bytes();
    return options;
  }

  uint32_t add_path(uint32_t parent, std::string_view name) {
    model_.paths.push_back(
        {parent, model_.objects.add_bytes(ObjectKind::kString, name), true});
    return static_cast<uint32_t>(model_.paths.size() - 1);
  }

  // A frozen model's module is one object without attributes.
  bool may_be_frozen() const {
    constexpr uint64_t kMostBytes = 1024;
    uint32_t pickle = archive_.find(kPickle);
    return model_.records[pickle].size_bytes <= kMostBytes;
  }

  // torch.jit.freeze leaves an object without attributes, not even `training`,
  // and turns all tensors into constants.
  bool is_frozen() const {
    auto is_constant = [](const Tensor& t) {
      return t.role == Role::kConstant;
    };
    return model_.modules.size() == 1 && !model_.modules[0].training &&
           !model_.tensors.empty() &&
           std::ranges::all_of(model_.tensors, is_constant);
  }

  // Row of Model::types for a class, added when it is first met.
  uint32_t type_index(const torchscript::ClassInfo* info) {
    if (info == nullptr) return kNoIndex;
    auto [entry, is_new] = type_rows_.try_emplace(
        info->name, static_cast<uint32_t>(model_.types.size()));
    if (is_new) model_.types.push_back(library_->describe(*info));
    return entry->second;
  }

  // What a class says of its attributes; nothing where there is no class.
  const Roles& roles_of(const torchscript::ClassInfo* info) {
    auto [entry, is_new] = roles_.try_emplace(info);
    auto& roles = entry->second;
    if (!is_new || info == nullptr) return roles;
    auto add = [&](const auto& names, Role role) {
      if (!names) return;
      for (const std::string& name : *names) roles.emplace(name, role);
    };
    add(info->parameters, Role::kParameter);
    add(info->buffers, Role::kBuffer);
    return roles;
  }

  // A scripted module's attributes are its object's state. One whose class has
  // a __getstate__ has something else there, which is looked into as it is.
  bool take_apart(ObjectRef object, ModuleView* view) {
    const ObjectGraph& objects = model_.objects;
    if (objects.kind(object) != ObjectKind::kObject) return false;
    std::string_view name = objects.global_name(object);
    const torchscript::ClassInfo* info = library_->find(name);
    if (info != nullptr && info->kind != torchscript::ClassKind::kModule) {
      return false;
    }
    ObjectRef state = objects.state(object);
    bool has_attributes =
        state != kNoObject && objects.kind(state) == ObjectKind::kDict;
    if (info == nullptr && objects.find(state, "training") == kNoObject) {
      return false;
    }
    view->type = name;
    view->type_index = type_index(info);
    if (has_attributes) {
      add_attributes(objects.items(state), info, view);
    } else if (state != kNoObject) {
      add_state(state, view);
    }
    return true;
  }

  void add_attributes(std::span<const ObjectRef> pairs,
                      const torchscript::ClassInfo* info, ModuleView* view) {
    const ObjectGraph& objects = model_.objects;
    const Roles& roles = roles_of(info);
    for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
      std::string_view name = objects.bytes(pairs[i]);
      if (name == "training" &&
          objects.kind(pairs[i + 1]) == ObjectKind::kBool) {
        view->training = objects.integer(pairs[i + 1]) != 0;
      }
      auto role = roles.find(name);
      view->members.push_back(
          {pairs[i], pairs[i + 1],
           role == roles.end() ? Role::kAttribute : role->second});
    }
  }

  void add_state(ObjectRef state, ModuleView* view) {
    auto items = model_.objects.items(state);
    std::vector<ObjectRef> values(items.begin(), items.end());
    for (size_t i = 0; i < values.size(); ++i) {
      view->members.push_back({model_.objects.add_int(static_cast<int64_t>(i)),
                               values[i], Role::kAttribute});
    }
  }

  Archive archive_;
  Model& model_;
  const Limits& limits_;
  const bool program_only_;
  std::shared_ptr<torchscript::Library> library_ =
      std::make_shared<torchscript::Library>();
  std::unordered_map<std::string_view, uint32_t> type_rows_;
  std::unordered_map<const torchscript::ClassInfo*, Roles> roles_;
};

void read(const Input& input, Model* model) {
  ScriptReader(input, model).read();
}

}  // namespace

Format torchscript_format() {
  return {"torchscript", "TorchScript archives, for mobile too", matches, read};
}

}  // namespace tsinspect
