// NumPy's functions that pickles call to make arrays. Source of truth:
// numpy/_core/src/multiarray/methods.c (array_reduce, array_setstate) and
// descriptor.c (arraydescr_reduce).

#include <fmt/format.h>

#include "base/checked.h"
#include "base/printable.h"
#include "pickle/text.h"
#include "rebuild/globals.h"
#include "tensor/build.h"
#include "tensor/numpy_dtype.h"

namespace tsinspect {
namespace {

using Parts = std::vector<Part>;

struct ItemType {
  NumpyDType type;
  std::string text;
};

// numpy.dtype('f4', align, copy) with state (version, byte order, …)
ItemType item_type(RebuildCall& call, ObjectRef ref) {
  auto arguments = call.objects.items(call.objects.arguments(ref));
  if (call.objects.global_name(ref) != "numpy.dtype" || arguments.empty()) {
    call.fail("its dtype is no dtype");
  }
  std::string text(call.objects.bytes(arguments[0]));
  ObjectRef state = call.objects.state(ref);
  auto fields =
      state == kNoObject ? arguments.first(0) : call.objects.items(state);
  if (fields.size() > 1) {
    text.insert(0, call.objects.bytes(fields[1]));
  }
  auto type = parse_numpy_dtype(text);
  // A record's size stands in its state: (…, names, fields, item size, …).
  if (!type || (fields.size() > 4 && type->dtype == DType::kOpaque &&
                call.objects.kind(fields[4]) != ObjectKind::kNone)) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("NumPy array of type {}", quoted(text)));
  }
  return {*type, text};
}

// Bytes of an array's data: bytes, or text of protocol 2 and before, which
// _codecs.encode(text, 'latin1') would turn into bytes.
std::string_view data_bytes(RebuildCall& call, ObjectRef ref) {
  if (call.objects.global_name(ref) == "_codecs.encode") {
    auto arguments = call.objects.items(call.objects.arguments(ref));
    if (arguments.empty()) call.fail("its data is missing");
    ref = arguments[0];
    if (call.objects.kind(ref) != ObjectKind::kString) {
      call.fail("its data is no text");
    }
    // Arrays may share their text; it is encoded once.
    std::string_view& known = call.encoded_text(ref);
    if (known.data() == nullptr) {
      auto latin1 = encode_latin1(call.objects.bytes(ref));
      if (!latin1) call.fail("its data is no Latin-1 text");
      known = call.objects.own(std::move(*latin1));
    }
    return known;
  }
  // Protocol 2 and before: bytes() for none at all.
  std::string_view callable = call.objects.global_name(ref);
  if (callable == "__builtin__.bytes" || callable == "builtins.bytes") {
    return {};
  }
  ObjectKind kind = call.objects.kind(ref);
  if (kind != ObjectKind::kBytes && kind != ObjectKind::kString) {
    throw Error(ErrorKind::kUnsupported, "NumPy array of objects");
  }
  return call.objects.bytes(ref);
}

Tensor array(RebuildCall& call, const ItemType& item,
             std::vector<int64_t> shape, bool fortran_order, ObjectRef data) {
  Tensor tensor;
  tensor.dtype = item.type.dtype;
  tensor.strides = contiguous_strides(shape);
  if (fortran_order) {
    std::vector<int64_t> reversed(shape.rbegin(), shape.rend());
    auto strides = contiguous_strides(reversed);
    tensor.strides.assign(strides.rbegin(), strides.rend());
  }
  tensor.shape = std::move(shape);
  if (item.type.dtype == DType::kOpaque) {
    tensor.details = call.details([&] {
      TensorDetails details;
      details.opaque_type = item.text;
      details.opaque_bytes = item.type.item_bytes;
      return details;
    });
  }
  tensor.storage = call.memory_storage([&] {
    Storage storage;
    storage.memory = data_bytes(call, data);
    storage.size_bytes = storage.memory.size();
    storage.big_endian = item.type.big_endian;
    return storage;
  });
  return tensor;
}

bool is_true(RebuildCall& call, ObjectRef ref) {
  ObjectKind kind = call.objects.kind(ref);
  return (kind == ObjectKind::kBool || kind == ObjectKind::kInt) &&
         call.objects.integer(ref) != 0;
}

// _reconstruct(class, (0,), b'b') with state ([version,] shape, dtype,
// is_fortran, data)
void reconstruct(RebuildCall& call, Parts* parts) {
  ObjectRef state = call.objects.state(call.value);
  if (state == kNoObject) return;
  auto items = call.objects.items(state);
  if (items.size() < 4) call.fail("its state has too few fields");
  items = items.last(4);
  std::vector<ObjectRef> fields(items.begin(), items.end());
  if (call.objects.kind(fields[3]) == ObjectKind::kList) return;  // Objects.
  ItemType item = item_type(call, fields[1]);
  parts->push_back({"", array(call, item, call.integers(fields[0], "shape"),
                              is_true(call, fields[2]), fields[3])});
}

// _frombuffer(data, dtype, shape, order)
void from_buffer(RebuildCall& call, Parts* parts) {
  ItemType item = item_type(call, call.argument(1, "dtype"));
  ObjectRef order = call.argument(3, "order");
  auto shape = call.integers(call.argument(2, "shape"), "shape");
  parts->push_back(
      {"", array(call, item, std::move(shape), call.objects.bytes(order) == "F",
                 call.argument(0, "data"))});
}

constexpr GlobalMeaning kNumpyGlobals[] = {
    {"numpy.core.multiarray._reconstruct", GlobalKind::kTensor, reconstruct},
    {"numpy._core.multiarray._reconstruct", GlobalKind::kTensor, reconstruct},
    {"numpy.core.numeric._frombuffer", GlobalKind::kTensor, from_buffer},
    {"numpy._core.numeric._frombuffer", GlobalKind::kTensor, from_buffer},
};

}  // namespace

std::span<const GlobalMeaning> numpy_globals() { return kNumpyGlobals; }

}  // namespace tsinspect
