#include "rebuild/numpy_scalar.h"

#include <algorithm>
#include <vector>

#include "pickle/text.h"
#include "tensor/numpy_dtype.h"
#include "tensor/scalar.h"

namespace tsinspect {
namespace {

// The call's argument at `index`, kNoObject if there is none.
ObjectRef argument(const ObjectGraph& objects, ObjectRef call, size_t index) {
  ObjectRef arguments = objects.arguments(call);
  if (arguments == kNoObject) return kNoObject;
  auto items = objects.items(arguments);
  return index < items.size() ? items[index] : kNoObject;
}

// The type string of numpy.dtype('f8', …) with state (3, '<', …).
std::string type_string(const ObjectGraph& objects, ObjectRef dtype) {
  ObjectRef name = argument(objects, dtype, 0);
  if (objects.global_name(dtype) != "numpy.dtype" || name == kNoObject) {
    return {};
  }
  std::string text(objects.bytes(name));
  ObjectRef state = objects.state(dtype);
  if (state == kNoObject || objects.items(state).size() < 2) return text;
  return std::string(objects.bytes(objects.items(state)[1])) + text;
}

// The value's bytes: bytes, or a call of _codecs.encode(text, 'latin1').
std::optional<std::string> value_bytes(const ObjectGraph& objects,
                                       ObjectRef value) {
  if (objects.global_name(value) == "_codecs.encode") {
    ObjectRef text = argument(objects, value, 0);
    if (text == kNoObject) return std::nullopt;
    return encode_latin1(objects.bytes(text));
  }
  return std::string(objects.bytes(value));
}

}  // namespace

std::optional<std::string> numpy_scalar_text(const ObjectGraph& objects,
                                             ObjectRef object) {
  if (!objects.global_name(object).ends_with(".multiarray.scalar")) {
    return std::nullopt;
  }
  ObjectRef dtype = argument(objects, object, 0);
  ObjectRef value = argument(objects, object, 1);
  if (dtype == kNoObject || value == kNoObject) return std::nullopt;
  auto type = parse_numpy_dtype(type_string(objects, dtype));
  auto bytes = value_bytes(objects, value);
  if (!type || !bytes || type->dtype == DType::kOpaque ||
      bytes->size() != type->item_bytes) {
    return std::nullopt;
  }
  if (type->big_endian) std::ranges::reverse(*bytes);
  return decode_text(type->dtype,
                     reinterpret_cast<const std::byte*>(bytes->data()));
}

}  // namespace tsinspect
