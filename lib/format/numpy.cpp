// A .npy file, and a zip of them, a .npz:
//
//   "\x93NUMPY"
//   u8 major, u8 minor        1.0, 2.0 or 3.0
//   u16 header length         u32 from 2.0 on
//   header                    a Python dict, padded with spaces, ending in \n:
//                             {'descr': '<f4', 'fortran_order': False,
//                              'shape': (2, 3), }
//   data                      the elements, in C or Fortran order
//
// Arrays of objects hold a pickle in place of the data; they are refused, as
// np.load does by default. Source: numpy/lib/_format_impl.py of NumPy 2.4.

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "base/checked.h"
#include "base/literal.h"
#include "base/printable.h"
#include "format/format.h"
#include "tensor/build.h"
#include "tensor/numpy_dtype.h"
#include "zip/zip.h"

namespace tsinspect {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::string_view kSuffix = ".npy";

// A structured type with thousands of fields still fits.
constexpr uint64_t kMaxHeaderBytes = uint64_t{1} << 20;

// What is read of a compressed member to see its header; nearly all are short.
constexpr size_t kPrefixBytes = 4096;

constexpr size_t kMaxDimensions = 1024;
constexpr uint64_t kMaxItemBytes = uint64_t{1} << 30;

constexpr const char* kObjectsAdvice =
    "an array of Python objects, which only unpickling could read; save it "
    "as an array of numbers";

// What the header of one array says.
struct Header {
  NumpyDType type;
  std::string opaque_type;  // For kOpaque.
  std::vector<int64_t> shape;
  bool fortran_order = false;
  uint64_t data_offset = 0;  // From the magic.
};

[[noreturn]] void fail_header(const std::string& problem) {
  throw Error(ErrorKind::kMalformed, "npy header: " + problem);
}

// Bytes of an element of a type: a type string, or a list of fields, each
// (name, type) or (name, type, shape); a name may be (title, name).
uint64_t item_bytes(const Literal& type) {
  if (type.kind == LiteralKind::kString) {
    if (type.string.find('O') != std::string::npos) {
      throw Error(ErrorKind::kUnsupported, kObjectsAdvice);
    }
    auto dtype = parse_numpy_dtype(type.string);
    if (!dtype) fail_header("unknown type " + quoted(type.string));
    return dtype->item_bytes;
  }
  if (type.kind != LiteralKind::kList) {
    fail_header("descr is neither a type string nor a list of fields");
  }
  uint64_t total = 0;
  for (const Literal& field : type.items) {
    const auto& parts = field.items;
    if (field.kind != LiteralKind::kTuple || parts.size() < 2 ||
        parts.size() > 3) {
      fail_header("a field of descr is not (name, type[, shape])");
    }
    std::vector<int64_t> shape;
    if (parts.size() == 3) {
      for (const Literal& d : parts[2].items) shape.push_back(d.integer);
      if (parts[2].kind == LiteralKind::kInt) shape = {parts[2].integer};
    }
    auto count = checked_elements(shape);
    auto bytes =
        count ? checked_multiply(*count, item_bytes(parts[1])) : std::nullopt;
    if (!bytes || *bytes > kMaxItemBytes || total > kMaxItemBytes) {
      fail_header("the fields of descr are too large");
    }
    total += *bytes;
  }
  return total;
}

void read_type(const Literal& descr, Header* header) {
  uint64_t bytes = item_bytes(descr);
  if (bytes > kMaxItemBytes) fail_header("an element is too large");
  if (descr.kind == LiteralKind::kString) {
    header->type = *parse_numpy_dtype(descr.string);
    header->opaque_type = descr.string;
    return;
  }
  header->type.item_bytes = static_cast<uint32_t>(bytes);
  header->opaque_type = descr.text;
}

void read_dict(const Literal& dict, Header* header) {
  const Literal* descr = dict.find("descr");
  const Literal* order = dict.find("fortran_order");
  const Literal* shape = dict.find("shape");
  if (descr == nullptr || order == nullptr || shape == nullptr ||
      dict.items.size() != 6) {
    fail_header("it has other keys than descr, fortran_order and shape");
  }
  if (order->kind != LiteralKind::kBool) {
    fail_header("fortran_order is not a bool");
  }
  header->fortran_order = order->integer != 0;
  if (shape->kind != LiteralKind::kTuple ||
      shape->items.size() > kMaxDimensions) {
    fail_header("shape is not a tuple of dimensions");
  }
  for (const Literal& size : shape->items) {
    if (size.kind != LiteralKind::kInt || size.integer < 0) {
      fail_header("a dimension is not a whole number");
    }
    header->shape.push_back(size.integer);
  }
  read_type(*descr, header);
}

// Bytes from the magic to the end of the header.
uint64_t header_end(ByteReader* in, uint64_t* length) {
  if (in->bytes(kMagic.size(), "npy magic") != kMagic) {
    throw Error(ErrorKind::kMalformed, "not a npy file", 0);
  }
  uint8_t major = in->u8("npy version");
  uint8_t minor = in->u8("npy version");
  if (major < 1 || major > 3 || minor != 0) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("npy version {}.{}", major, minor), kMagic.size());
  }
  *length =
      major == 1 ? in->u16("npy header length") : in->u32("npy header length");
  if (*length > kMaxHeaderBytes) {
    throw Error(ErrorKind::kLimit,
                fmt::format("npy header of {} bytes", *length), in->position());
  }
  return in->position() + *length;
}

Header read_header(std::string_view file) {
  ByteReader in(file);
  uint64_t length = 0;
  Header header;
  header.data_offset = header_end(&in, &length);
  uint64_t start = in.position();
  read_dict(parse_literal(in.bytes(length, "npy header"), "npy header", start),
            &header);
  return header;
}

std::vector<int64_t> strides_of(const Header& header) {
  if (!header.fortran_order) return contiguous_strides(header.shape);
  std::vector<int64_t> shape(header.shape.rbegin(), header.shape.rend());
  std::vector<int64_t> strides = contiguous_strides(shape);
  std::ranges::reverse(strides);
  return strides;
}

// Adds the array of a record, whose bytes begin at `data_offset` in it.
void add_array(const Header& header, uint32_t record, uint64_t data_offset,
               std::string_view name, Model* model) {
  Tensor tensor;
  tensor.name = name;
  tensor.shape = header.shape;
  tensor.strides = strides_of(header);
  tensor.dtype = header.type.dtype;
  if (tensor.dtype == DType::kOpaque) {
    TensorDetails details;
    details.opaque_type = header.opaque_type;
    details.opaque_bytes = header.type.item_bytes;
    tensor.details = std::make_shared<TensorDetails>(std::move(details));
  }
  const Record& bytes = model->records[record];
  Storage storage;
  storage.key = bytes.name;
  storage.record = record;
  storage.tensors = 1;
  storage.offset = data_offset;
  storage.size_bytes = bytes.size_bytes - data_offset;
  storage.big_endian = header.type.big_endian;
  tensor.storage = static_cast<uint32_t>(model->storages.size());
  model->storages.push_back(storage);
  try {
    check_tensor(*model, tensor);
  } catch (...) {
    model->storages.pop_back();
    throw;
  }
  uint64_t size = tensor.size_bytes();
  if (size < storage.size_bytes) {
    model->findings.push_back(
        {"trailing-bytes", Severity::kInfo, tensor.name,
         fmt::format("{} bytes follow the array", storage.size_bytes - size)});
  }
  model->storages.back().size_bytes = size;
  model->tensors.push_back(std::move(tensor));
}

void read_npy(const Input& input, Model* model) {
  Header header = read_header(input.data());
  Record record;
  record.name = "data";
  record.offset = header.data_offset;
  record.stored_bytes = record.size_bytes =
      input.data().size() - header.data_offset;
  model->records.push_back(record);
  add_array(header, 0, 0, "", model);
}

Header read_member_header(const Input& input, const Record& record) {
  std::string prefix = inflated_prefix(input.data(), record, kPrefixBytes);
  ByteReader in(prefix);
  uint64_t length = 0;
  uint64_t end = header_end(&in, &length);
  if (end > prefix.size()) {
    prefix = inflated_prefix(input.data(), record, end);
  }
  return read_header(prefix);
}

// One member that cannot be read does not take the others with it.
void read_npz(const Input& input, Model* model) {
  std::optional<Error> first;
  for (uint32_t i = 0; i < model->records.size(); ++i) {
    const Record& record = model->records[i];
    std::string_view name = record.name;
    if (!name.ends_with(kSuffix)) continue;
    name.remove_suffix(kSuffix.size());
    try {
      Header header = read_member_header(input, record);
      add_array(header, i, header.data_offset, name, model);
    } catch (const Error& error) {
      model->findings.push_back({"unreadable-array", Severity::kError,
                                 std::string(name), error.what()});
      if (!first) {
        first = Error(error.kind(), fmt::format("array '{}': {}",
                                                printable(name), error.what()));
      }
      continue;
    }
    Tensor& tensor = model->tensors.back();
    tensor.path = static_cast<uint32_t>(model->paths.size());
    model->paths.push_back(
        {kNoIndex, model->objects.add_bytes(ObjectKind::kString, name), false});
  }
  if (first && model->tensors.empty()) throw *first;
}

bool matches(const Input& input) {
  if (!input.is_zip) return input.data().starts_with(kMagic);
  bool all_arrays = std::ranges::all_of(input.records, [](const Record& r) {
    return r.name.ends_with(kSuffix) || r.name.ends_with('/');
  });
  return all_arrays && !input.records.empty();
}

void read(const Input& input, Model* model) {
  model->form = Form::kNumpy;
  if (input.is_zip) {
    read_npz(input, model);
  } else {
    read_npy(input, model);
  }
}

}  // namespace

Format numpy_format() {
  return {"numpy", "NumPy arrays, .npy and .npz", matches, read};
}

}  // namespace tsinspect
