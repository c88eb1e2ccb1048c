#include "libtorch/inputs.h"

#include <fmt/format.h>

#include <optional>
#include <sstream>

#include "base/printable.h"
#include "libtorch/dtypes.h"
#include "libtorch/errors.h"
#include "libtorch/input_spec.h"
#include "libtorch/tensor_values.h"
#include "tsinspect/libtorch/state_dict.h"
#include "tsinspect/names.h"

namespace tsinspect {
namespace {

using Kind = InputValue::Kind;
using c10::IValue;
using c10::TypeKind;
using c10::TypePtr;

const char* kind_text(const InputValue& value) {
  switch (value.kind) {
    case Kind::kNone:
      return "None";
    case Kind::kBool:
      return "a bool";
    case Kind::kInt:
      return "an int";
    case Kind::kFloat:
      return "a float";
    case Kind::kString:
      return "a string";
    case Kind::kList:
      return value.dtype ? "a tensor" : "a list";
    case Kind::kTuple:
      return "a tuple";
    case Kind::kDict:
      return "a dict";
    default:
      return "a tensor";
  }
}

// Makes the values of one `--input`.
class Maker {
 public:
  Maker(std::string text, c10::Device device)
      : text_(std::move(text)), device_(device) {}

  // The value as the type wants it.
  IValue make(const InputValue& value, const TypePtr& type) {
    auto parts = type->containedTypes();
    switch (type->kind()) {
      case TypeKind::AnyType:
        return natural(value);
      case TypeKind::OptionalType:
        return value.kind == Kind::kNone ? IValue() : make(value, parts[0]);
      case TypeKind::UnionType:
        return one_of(value, type);
      case TypeKind::TensorType:
        return tensor_of(value, type);
      case TypeKind::ListType:
        return list(members(value, type), parts[0]);
      case TypeKind::TupleType:
        return tuple(value, type);
      case TypeKind::DictType:
        return dict(value, type);
      default:
        return scalar(value, type);
    }
  }

  // The tensors of a file, on the device.
  StateDict tensors_of(const InputValue& file) {
    StateDict tensors = load_state_dict(file.text);
    for (NamedTensor& row : tensors) {
      row.tensor = finished(row.tensor, file.dtype);
    }
    return tensors;
  }

  [[noreturn]] void fail(const std::string& what) const {
    constexpr size_t kColumns = 100;
    throw Error(
        ErrorKind::kMalformed,
        fmt::format("input '{}': {}", printable(text_, kColumns), what));
  }

 private:
  [[noreturn]] void mismatch(const InputValue& value,
                             const TypePtr& type) const {
    fail(fmt::format("{} is wanted, not {}", printable(type->annotation_str()),
                     kind_text(value)));
  }

  at::Tensor finished(at::Tensor tensor, std::optional<DType> dtype) const {
    if (dtype) tensor = tensor.to(to_scalar_type(*dtype));
    return tensor.to(device_);
  }

  // A value's own type, where the schema says none.
  IValue natural(const InputValue& value) {
    switch (value.kind) {
      case Kind::kNone:
        return {};
      case Kind::kBool:
        return value.integer != 0;
      case Kind::kInt:
        return value.integer;
      case Kind::kFloat:
        return value.number;
      case Kind::kString:
        return value.text;
      case Kind::kTuple:
        return c10::ivalue::Tuple::create(naturals(value.items));
      case Kind::kDict:
        return dict_of(value.items, c10::AnyType::get(), c10::AnyType::get());
      case Kind::kList:
        if (!value.dtype) {
          return list(value.items, value.items.empty()
                                       ? c10::TensorType::get()
                                       : natural(value.items[0]).type());
        }
        [[fallthrough]];
      default:
        return tensor_of(value, c10::TensorType::get());
    }
  }

  std::vector<IValue> naturals(const std::vector<InputValue>& items) {
    std::vector<IValue> values;
    for (const InputValue& item : items) values.push_back(natural(item));
    return values;
  }

  IValue one_of(const InputValue& value, const TypePtr& type) {
    for (const TypePtr& choice : type->containedTypes()) {
      try {
        return make(value, choice);
      } catch (const Error&) {  // Another may fit.
      }
    }
    mismatch(value, type);
  }

  IValue scalar(const InputValue& value, const TypePtr& type) {
    bool is_integer = value.kind == Kind::kInt;
    bool is_number = is_integer || value.kind == Kind::kFloat;
    double number =
        is_integer ? static_cast<double>(value.integer) : value.number;
    TypeKind kind = type->kind();
    if (kind == TypeKind::FloatType && is_number) return number;
    if (kind == TypeKind::IntType && is_integer) return value.integer;
    if (kind == TypeKind::NumberType && is_integer) return value.integer;
    if (kind == TypeKind::NumberType && is_number) return number;
    if (kind == TypeKind::BoolType && value.kind == Kind::kBool) {
      return value.integer != 0;
    }
    if (kind == TypeKind::NoneType && value.kind == Kind::kNone) return {};
    if (value.kind != Kind::kString) mismatch(value, type);
    if (kind == TypeKind::StringType) return value.text;
    if (kind == TypeKind::DeviceObjType) return c10::Device(value.text);
    mismatch(value, type);
  }

  // The members of a list or tuple; of a file, one for each tensor.
  std::vector<InputValue> members(const InputValue& value,
                                  const TypePtr& type) {
    if (value.kind == Kind::kTuple) return value.items;
    if (value.kind == Kind::kList && !value.dtype) return value.items;
    if (value.kind != Kind::kFile) mismatch(value, type);
    std::vector<InputValue> result;
    for (NamedTensor& row : tensors_of(value)) {
      result.push_back(held(std::move(row.tensor)));
    }
    return result;
  }

  // A tensor of a file as a value among others.
  InputValue held(at::Tensor tensor) {
    held_.push_back(std::move(tensor));
    return {.kind = Kind::kFile, .integer = static_cast<int64_t>(held_.size())};
  }

  IValue list(const std::vector<InputValue>& items, const TypePtr& type) {
    c10::impl::GenericList result(type);
    for (const InputValue& item : items) result.push_back(make(item, type));
    return result;
  }

  IValue tuple(const InputValue& value, const TypePtr& type) {
    auto types = type->containedTypes();
    std::vector<InputValue> items = members(value, type);
    if (items.size() != types.size()) {
      fail(fmt::format("{} members are wanted for {}, not {}", types.size(),
                       printable(type->annotation_str()), items.size()));
    }
    std::vector<IValue> values;
    for (size_t i = 0; i < items.size(); ++i) {
      values.push_back(make(items[i], types[i]));
    }
    auto tuple_type = type->cast<c10::TupleType>();
    if (!tuple_type->schema()) {
      return c10::ivalue::Tuple::create(std::move(values));
    }
    return c10::ivalue::Tuple::createNamed(std::move(values), tuple_type);
  }

  IValue dict(const InputValue& value, const TypePtr& type) {
    auto types = type->containedTypes();
    if (value.kind == Kind::kDict) {
      return dict_of(value.items, types[0], types[1]);
    }
    if (value.kind != Kind::kFile) mismatch(value, type);
    std::vector<InputValue> items;
    for (NamedTensor& row : tensors_of(value)) {
      items.push_back({.kind = Kind::kString, .text = row.name});
      items.push_back(held(std::move(row.tensor)));
    }
    return dict_of(items, types[0], types[1]);
  }

  IValue dict_of(const std::vector<InputValue>& items, TypePtr key_type,
                 TypePtr value_type) {
    bool is_any = key_type->kind() == TypeKind::AnyType;
    if (is_any && !items.empty()) {
      key_type = natural(items[0]).type();
      value_type = natural(items[1]).type();
    } else if (is_any) {
      key_type = c10::StringType::get();
    }
    c10::impl::GenericDict result(key_type, value_type);
    for (size_t i = 0; i < items.size(); i += 2) {
      result.insert(make(items[i], key_type), make(items[i + 1], value_type));
    }
    return result;
  }

  at::Tensor tensor_of(const InputValue& value, const TypePtr& type) {
    if (value.kind == Kind::kFile && value.integer > 0) {
      return held_[static_cast<size_t>(value.integer - 1)];
    }
    if (value.kind == Kind::kFile) {
      StateDict tensors = tensors_of(value);
      if (tensors.size() == 1) return tensors[0].tensor;
      fail(fmt::format("{} has {} tensors, where one is wanted",
                       printable(value.text), tensors.size()));
    }
    bool has_values = value.kind == Kind::kBool || value.kind == Kind::kInt ||
                      value.kind == Kind::kFloat || value.kind == Kind::kList ||
                      value.kind == Kind::kTuple || value.kind == Kind::kCall;
    if (!has_values) mismatch(value, type);
    return make_tensor(value).to(device_);
  }

  at::Tensor make_tensor(const InputValue& value) {
    try {
      return tensor_from(value);
    } catch (const Error& error) {
      fail(error.what());
    } catch (const std::exception& error) {
      fail(libtorch_message(error));
    }
  }

  std::string text_;
  c10::Device device_;
  std::vector<at::Tensor> held_;
};

std::string without_mangling(std::string text) {
  constexpr std::string_view kMangle = "___torch_mangle_";
  for (size_t at; (at = text.find(kMangle)) != text.npos;) {
    size_t end = text.find_first_not_of("0123456789", at + kMangle.size());
    if (end != text.npos && text[end] == '.') ++end;
    text.erase(at, std::min(end, text.size()) - at);
  }
  constexpr std::string_view kRoot = "__torch__.";
  for (size_t at; (at = text.find(kRoot)) != text.npos;) {
    text.erase(at, kRoot.size());
  }
  return text;
}

std::string argument_text(const c10::Argument& argument) {
  std::string text =
      fmt::format("{} {}", argument.type()->annotation_str(), argument.name());
  if (auto& value = argument.default_value()) {
    std::ostringstream out;
    out << *value;
    text += "=" + out.str();
  }
  return text;
}

// Values for the arguments of a schema, as they come.
class Arguments {
 public:
  Arguments(const c10::FunctionSchema& schema, c10::Device device)
      : schema_(schema), device_(device), values_(schema.arguments().size()) {}

  void add(const std::string& text) {
    InputSpec spec = parse_input(text);
    Maker maker(text, device_);
    if (spec.name.empty() && spec.value.kind == Kind::kFile &&
        add_by_names(spec.value, maker)) {
      return;
    }
    size_t slot = spec.name.empty() ? next(maker) : find(spec.name, maker);
    set(slot, maker.make(spec.value, schema_.arguments()[slot].type()), maker);
  }

  std::vector<IValue> finish() {
    for (size_t i = 1; i < values_.size(); ++i) {
      const c10::Argument& argument = schema_.arguments()[i];
      if (values_[i]) continue;
      if (!argument.default_value()) fail_missing(argument);
      values_[i] = *argument.default_value();
    }
    std::vector<IValue> result;
    for (size_t i = 1; i < values_.size(); ++i) {
      result.push_back(std::move(*values_[i]));
    }
    return result;
  }

 private:
  [[noreturn]] void fail_missing(const c10::Argument& argument) const {
    throw Error(ErrorKind::kNotFound,
                fmt::format("no input for {} of {}", printable(argument.name()),
                            printable(readable_schema(schema_))));
  }

  // 0, the place of `self`, if no argument has the name.
  size_t place_of(const std::string& name) const {
    for (size_t i = 1; i < values_.size(); ++i) {
      if (schema_.arguments()[i].name() == name) return i;
    }
    return 0;
  }

  size_t find(const std::string& name, const Maker& maker) const {
    if (size_t place = place_of(name)) return place;
    maker.fail(fmt::format("no argument is named {} in {}",
                           tsinspect::quoted(name),
                           printable(readable_schema(schema_))));
  }

  size_t next(const Maker& maker) const {
    for (size_t i = 1; i < values_.size(); ++i) {
      if (!values_[i]) return i;
    }
    maker.fail(fmt::format("one too many for {}",
                           printable(readable_schema(schema_))));
  }

  void set(size_t slot, IValue value, const Maker& maker) {
    if (values_[slot]) {
      maker.fail(fmt::format("a second value for {}",
                             printable(schema_.arguments()[slot].name())));
    }
    values_[slot] = std::move(value);
  }

  // "0", "1", …, or NumPy's "arr_0", "arr_1", …
  static bool are_numbered(const StateDict& tensors) {
    for (size_t i = 0; i < tensors.size(); ++i) {
      std::string number = std::to_string(i);
      if (tensors[i].name != number && tensors[i].name != "arr_" + number) {
        return false;
      }
    }
    return true;
  }

  // Takes the tensors of a file as arguments, by name or by number. Returns
  // false where it is one argument itself.
  bool add_by_names(const InputValue& file, Maker& maker) {
    StateDict tensors = maker.tensors_of(file);
    bool all_named = std::ranges::all_of(tensors, [&](const NamedTensor& row) {
      return place_of(row.name) > 0;
    });
    if (!tensors.empty() && all_named) {
      for (NamedTensor& row : tensors) {
        set(place_of(row.name), row.tensor, maker);
      }
      return true;
    }
    size_t slot = next(maker);
    auto kind = schema_.arguments()[slot].type()->kind();
    bool is_one = tensors.size() == 1 || kind != TypeKind::TensorType;
    if (is_one) return false;
    if (!are_numbered(tensors)) {
      maker.fail(fmt::format("its tensors ({}, …) are no arguments of {}",
                             printable(tensors.empty() ? "" : tensors[0].name),
                             printable(readable_schema(schema_))));
    }
    for (NamedTensor& row : tensors) set(next(maker), row.tensor, maker);
    return true;
  }

  const c10::FunctionSchema& schema_;
  c10::Device device_;
  std::vector<std::optional<IValue>> values_;
};

}  // namespace

std::string readable_schema(const c10::FunctionSchema& schema) {
  std::string arguments;
  for (size_t i = 1; i < schema.arguments().size(); ++i) {
    arguments += (i > 1 ? ", " : "") + argument_text(schema.arguments()[i]);
  }
  std::string returns;
  for (const c10::Argument& value : schema.returns()) {
    returns += (returns.empty() ? "" : ", ") + value.type()->annotation_str();
  }
  return without_mangling(
      fmt::format("{}({}) -> {}", schema.name(), arguments, returns));
}

std::vector<IValue> make_inputs(const c10::FunctionSchema& schema,
                                const std::vector<std::string>& inputs,
                                c10::Device device) {
  Arguments arguments(schema, device);
  for (const std::string& text : inputs) arguments.add(text);
  return arguments.finish();
}

bool needs_inputs(const c10::FunctionSchema& schema) {
  for (size_t i = 1; i < schema.arguments().size(); ++i) {
    if (!schema.arguments()[i].default_value()) return true;
  }
  return false;
}

}  // namespace tsinspect
