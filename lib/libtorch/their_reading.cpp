#include "libtorch/their_reading.h"

#include "libtorch/tensor_model.h"

namespace tsinspect {
namespace {

// Values that share parts, and values in values, can cost more than they weigh.
constexpr size_t kMostTensors = size_t{1} << 20;
constexpr size_t kMostDepth = 1000;

std::string join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

// A dict's key as Python's str() has it.
std::string key_text(const c10::IValue& key) {
  if (key.isString()) return key.toStringRef();
  if (key.isBool()) return key.toBool() ? "True" : "False";
  if (key.isInt()) return std::to_string(key.toInt());
  std::ostringstream text;
  text << key;
  return text.str();
}

Role role_of(const c10::ClassType& type, size_t attribute) {
  if (!type.is_module()) return Role::kAttribute;
  if (type.is_parameter(attribute)) return Role::kParameter;
  return type.is_buffer(attribute) ? Role::kBuffer : Role::kAttribute;
}

template <typename T>
class Restore {
 public:
  explicit Restore(T* value) : value_(value), before_(*value) {}
  ~Restore() { *value_ = before_; }

 private:
  T* value_;
  T before_;
};

}  // namespace

uint32_t TheirReading::take(const std::string& name) {
  auto rows = rows_.find(name);
  if (rows == rows_.end()) return kNoIndex;
  size_t& taken = taken_[name];
  return taken < rows->second.size() ? rows->second[taken++] : kNoIndex;
}

std::vector<uint32_t> TheirReading::left() const {
  std::vector<uint32_t> result;
  for (const auto& [name, rows] : rows_) {
    auto taken = taken_.find(name);
    size_t first = taken == taken_.end() ? 0 : taken->second;
    for (size_t i = first; i < rows.size(); ++i) {
      if (!repeated_[rows[i]] && !is_made(name)) result.push_back(rows[i]);
    }
  }
  return result;
}

bool TheirReading::is_made(const std::string& name) const {
  if (made_.empty()) return false;
  size_t end = name.size();
  while (true) {
    if (made_.contains(name.substr(0, end))) return true;
    if (end == 0) return false;
    size_t dot = name.rfind('.', end - 1);
    end = dot == std::string::npos ? 0 : dot;
  }
}

void TheirReading::add_module(const std::string& path,
                              const c10::ivalue::Object& module) {
  modules_.emplace(path, module.type()->name()->qualifiedName());
  add_attributes(path, module);
}

void TheirReading::add_value(const std::string& path, const c10::IValue& value,
                             Role role) {
  Restore depth(&depth_);
  if (++depth_ > kMostDepth) {
    throw Error(ErrorKind::kLimit, "values are nested too deep to compare");
  }
  Restore repeating(&repeating_);
  bool is_module = value.isObject() && value.toObjectRef().type()->is_module();
  if (value.isPtrType() && !value.isTensor() && !is_module &&
      !met_.insert(value.internalToPointer()).second) {
    repeating_ = true;
  }
  add(path, value, role);
}

void TheirReading::add(const std::string& path, const c10::IValue& value,
                       Role role) {
  if (value.isTensor()) {
    add_tensor(path, value.toTensor(), role);
  } else if (value.isTuple()) {
    add_items(path, value.toTupleRef().elements(), role);
  } else if (value.isTensorList()) {
    add_items(path, value.toTensorVector(), role);
  } else if (value.isList()) {
    add_items(path, value.toListRef(), role);
  } else if (value.isGenericDict()) {
    for (const auto& item : value.toGenericDict()) {
      add_value(join(path, key_text(item.key())), item.value(), role);
    }
  } else if (value.isObject()) {
    add_object(path, value.toObjectRef(), role);
  }
}

void TheirReading::add_tensor(const std::string& path, const at::Tensor& tensor,
                              Role role) {
  if (!tensor.defined()) return;
  if (model_.tensors.size() >= kMostTensors) {
    throw Error(ErrorKind::kLimit, "LibTorch finds too many tensors");
  }
  append_tensor(&model_, path, tensor);
  while (repeated_.size() < model_.tensors.size()) {
    auto row = static_cast<uint32_t>(repeated_.size());
    model_.tensors[row].role = role;
    rows_[model_.tensors[row].name].push_back(row);
    repeated_.push_back(repeating_);
  }
}

template <typename Items>
void TheirReading::add_items(const std::string& path, const Items& items,
                             Role role) {
  size_t i = 0;
  for (const auto& item : items) {
    add_value(join(path, std::to_string(i++)), item, role);
  }
}

void TheirReading::add_object(const std::string& path,
                              const c10::ivalue::Object& object, Role role) {
  const auto& type = object.type();
  if (type->is_module()) return add_module(path, object);
  // What stands for an object and its state.
  bool is_raw = type->numAttributes() == 1 && type->methods().empty() &&
                type->getAttributeName(0) == "(state)";
  if (is_raw) return add_value(path, object.getSlot(0), role);
  add_attributes(path, object);
}

void TheirReading::add_attributes(const std::string& path,
                                  const c10::ivalue::Object& object) {
  const auto& type = object.type();
  if (type->findMethod("__setstate__") != nullptr) made_.insert(path);
  for (size_t i = 0; i < type->numAttributes(); ++i) {
    std::string name = join(path, type->getAttributeName(i));
    add_value(name, object.getSlot(i), role_of(*type, i));
  }
}

}  // namespace tsinspect
