#include "libtorch/value_leaves.h"

#include <fmt/format.h>

#include <sstream>

#include "libtorch/tensor_model.h"

namespace tsinspect {
namespace {

using Leaf =
    std::function<void(const std::string& place, const c10::IValue& value)>;

bool holds_tensor(const c10::IValue& value) {
  if (value.isTensor()) return true;
  if (value.isTuple()) return true;  // Its members are outputs of their own.
  if (value.isTensorList()) return !value.toTensorList().empty();
  if (value.isList()) {
    for (const c10::IValue& element : value.toListRef()) {
      if (holds_tensor(element)) return true;
    }
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict()) {
      if (holds_tensor(entry.value())) return true;
    }
  }
  return false;
}

std::string key_text(const c10::IValue& key) {
  if (key.isString()) return key.toStringRef();
  if (key.isInt()) return std::to_string(key.toInt());
  return value_text(key);
}

void walk(const c10::IValue& value, const std::string& place,
          const Leaf& leaf) {
  auto step = [&](const std::string& key, const c10::IValue& member) {
    walk(member, place.empty() ? key : place + "." + key, leaf);
  };
  if (!holds_tensor(value) || value.isTensor()) {
    leaf(place, value);
  } else if (value.isTuple()) {
    size_t i = 0;
    for (const c10::IValue& element : value.toTupleRef().elements()) {
      step(std::to_string(i++), element);
    }
  } else if (value.isGenericDict()) {
    for (const auto& entry : value.toGenericDict()) {
      step(key_text(entry.key()), entry.value());
    }
  } else {
    size_t i = 0;
    for (const c10::IValue& element : value.toListRef()) {
      step(std::to_string(i++), element);
    }
  }
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes() ||
      a.layout() != b.layout()) {
    return false;
  }
  Model left, right;
  append_tensor(&left, "", a.contiguous());
  append_tensor(&right, "", b.contiguous());
  for (size_t i = 0; i < left.storages.size(); ++i) {
    if (left.storages[i].memory != right.storages[i].memory) return false;
  }
  return true;
}

}  // namespace

void for_each_leaf(const c10::IValue& value, const Leaf& leaf) {
  walk(value, "", leaf);
}

bool same_values(const c10::IValue& a, const c10::IValue& b) {
  std::vector<c10::IValue> left, right;
  for_each_leaf(a,
                [&](auto&, const c10::IValue& leaf) { left.push_back(leaf); });
  for_each_leaf(b,
                [&](auto&, const c10::IValue& leaf) { right.push_back(leaf); });
  if (left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    if (left[i].isTensor() != right[i].isTensor()) return false;
    bool same = left[i].isTensor()
                    ? same_bits(left[i].toTensor(), right[i].toTensor())
                    : value_text(left[i]) == value_text(right[i]);
    if (!same) return false;
  }
  return true;
}

std::string value_text(const c10::IValue& value) {
  // What prints no more than its values; an object may hold a whole model.
  if (value.isObject()) return value.type()->repr_str();
  std::ostringstream out;
  out << value;
  return out.str();
}

}  // namespace tsinspect
