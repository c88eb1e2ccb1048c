// One NumPy array; numpy.cpp in format/ draws the layout and names the source.

#include <fmt/format.h>

#include <algorithm>

#include "export/writer.h"
#include "tensor/numpy_dtype.h"

namespace tsinspect {
namespace {

constexpr size_t kAlignment = 64;
// Magic, version, and the header's length in the two forms it has.
constexpr size_t kPrefixV1 = 10;
constexpr size_t kPrefixV2 = 12;

// "<f4"; empty if NumPy has no such type.
std::string type_string(DType dtype) {
  const DTypeInfo& info = dtype_info(dtype);
  char kind = '\0';
  switch (info.type_class) {
    case DTypeClass::kBool:
      kind = 'b';
      break;
    case DTypeClass::kUnsigned:
      kind = 'u';
      break;
    case DTypeClass::kSigned:
      kind = 'i';
      break;
    case DTypeClass::kFloat:
      kind = 'f';
      break;
    case DTypeClass::kComplex:
      kind = 'c';
      break;
    default:
      return {};
  }
  char order = info.bits > 8 ? '<' : '|';
  std::string text = fmt::format("{}{}{}", order, kind, info.bits / 8);
  auto parsed = parse_numpy_dtype(text);
  return parsed && parsed->dtype == dtype ? text : "";
}

// A type of NumPy's own, as its file wrote it: strings, dates, records.
std::string opaque_type(const Tensor& tensor) {
  const std::string& type = tensor.details->opaque_type;
  return type.starts_with('[') ? type : "'" + type + "'";
}

std::string shape_tuple(std::span<const int64_t> shape) {
  std::string text = fmt::format("({}", fmt::join(shape, ", "));
  return text + (shape.size() == 1 ? ",)" : ")");
}

void write(ExportJob* job, AtomicFile* file) {
  ExportedTensor& row = job->tensors[0];
  file->write(npy_header(job->source(row), row.dtype));
  job->copy_values(&row, [&](auto bytes) { file->write(bytes); });
}

}  // namespace

bool npy_holds(const Tensor& tensor, DType dtype) {
  if (dtype != DType::kOpaque) return !type_string(dtype).empty();
  if (!tensor.details) return false;
  const std::string& type = tensor.details->opaque_type;
  return type.starts_with('[') || parse_numpy_dtype(type);
}

std::string npy_header(const Tensor& tensor, DType dtype) {
  std::string type = dtype == DType::kOpaque ? opaque_type(tensor)
                                             : "'" + type_string(dtype) + "'";
  std::string dict = "{'descr': " + type + ", 'fortran_order': False, " +
                     "'shape': " + shape_tuple(tensor.shape) + ", }";
  bool is_ascii = std::ranges::all_of(
      dict, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  bool is_short = dict.size() + kAlignment < UINT16_MAX;
  size_t prefix = is_ascii && is_short ? kPrefixV1 : kPrefixV2;
  size_t end = prefix + dict.size() + 1;
  dict.append((kAlignment - end % kAlignment) % kAlignment, ' ');
  dict += '\n';
  std::string out = "\x93NUMPY";
  out += is_ascii ? (is_short ? '\1' : '\2') : '\3';
  out += '\0';
  for (size_t i = 0; i < prefix - 8; ++i) {
    out += static_cast<char>(dict.size() >> 8 * i);
  }
  return out + dict;
}

Writer npy_writer() {
  return {.format = {"npy", ".npy", "One NumPy array", false},
          .one_tensor = true,
          .holds = npy_holds,
          .name_problem = no_name_problem,
          .prepare = nullptr,
          .write = write};
}

}  // namespace tsinspect
