// One small tensor as comma-separated values: a line for each row of a matrix,
// or for each element. Numbers are those that `show` prints, in full.

#include <fmt/format.h>

#include "base/printable.h"
#include "export/writer.h"
#include "tensor/scalar.h"

namespace tsinspect {
namespace {

constexpr uint64_t kMaxElements = uint64_t{1} << 20;
constexpr size_t kMaxDimensions = 2;

bool holds(const Tensor&, DType dtype) {
  DTypeClass type_class = dtype_info(dtype).type_class;
  return is_numeric(dtype) && type_class != DTypeClass::kQuantized &&
         dtype_info(dtype).bits >= 8 && dtype != DType::kFloat4E2M1FNx2;
}

void prepare(ExportJob* job) {
  const Tensor& tensor = job->source(job->tensors[0]);
  if (tensor.shape.size() > kMaxDimensions) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("tensor '{}' has {} dimensions; csv holds one or "
                            "two",
                            printable(tensor.name), tensor.shape.size()));
  }
  if (tensor.elements() > kMaxElements) {
    throw Error(
        ErrorKind::kUnsupported,
        fmt::format("tensor '{}' has {} elements; csv is for {} at "
                    "most",
                    printable(tensor.name), tensor.elements(), kMaxElements));
  }
}

std::string element_text(DType dtype, const std::byte* bytes) {
  std::string text = decode_text(dtype, bytes);
  if (dtype_info(dtype).type_class != DTypeClass::kComplex) return text;
  std::string imaginary =
      decode_text(dtype, bytes + dtype_info(dtype).bits / 16);
  return text + (imaginary[0] == '-' ? "" : "+") + imaginary + "j";
}

void write(ExportJob* job, AtomicFile* file) {
  ExportedTensor& row = job->tensors[0];
  const Tensor& tensor = job->source(row);
  bool is_matrix = tensor.shape.size() == 2;
  uint64_t columns = is_matrix ? static_cast<uint64_t>(tensor.shape[1]) : 1;
  size_t item_bytes = dtype_info(row.dtype).bits / 8;
  uint64_t column = 0;
  job->copy_values(&row, [&](std::span<const std::byte> bytes) {
    for (size_t at = 0; at < bytes.size(); at += item_bytes) {
      file->write(element_text(row.dtype, bytes.data() + at));
      bool last = ++column == columns;
      if (last) column = 0;
      file->write(last ? "\n" : ",");
    }
  });
}

}  // namespace

Writer csv_writer() {
  return {.format = {"csv", ".csv", "One small tensor as text", false},
          .one_tensor = true,
          .holds = holds,
          .name_problem = no_name_problem,
          .prepare = prepare,
          .write = write};
}

}  // namespace tsinspect
