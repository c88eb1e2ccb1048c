// safetensors; safetensors.cpp in format/ draws the layout and names the
// source. As safetensors itself does it, tensors of larger elements come first,
// so that every one is aligned to its elements, and spaces behind the JSON
// align the first.

#include <fmt/format.h>

#include <algorithm>

#include "base/json_text.h"
#include "export/writer.h"

namespace tsinspect {
namespace {

// Of where the data begin: more than elements need, so that vectors load whole
// from the mapped file.
constexpr size_t kAlignment = 64;
constexpr size_t kLengthBytes = 8;
constexpr const char* kMetadata = "__metadata__";

bool holds(const Tensor& tensor, DType dtype) {
  // Two values of float4_e2m1fn_x2 are one along the last dimension.
  if (dtype == DType::kFloat4E2M1FNx2 && tensor.shape.empty()) return false;
  return dtype_info(dtype).safetensors_name != nullptr;
}

std::string name_problem(std::string_view name) {
  return name == kMetadata ? "it is safetensors' own" : "";
}

std::string header_of(const ExportJob& job) {
  std::string out = "{";
  if (!job.metadata.empty()) {
    append_json_string(&out, kMetadata);
    out += ":{";
    for (const auto& [key, value] : job.metadata) {
      if (out.back() != '{') out += ',';
      append_json_string(&out, key);
      out += ':';
      append_json_string(&out, value);
    }
    out += '}';
  }
  uint64_t at = 0;
  for (const ExportedTensor& row : job.tensors) {
    std::vector<int64_t> shape = job.source(row).shape;
    if (row.dtype == DType::kFloat4E2M1FNx2) shape.back() *= 2;
    if (out.size() > 1) out += ',';
    append_json_string(&out, row.name);
    fmt::format_to(std::back_inserter(out),
                   R"(:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                   dtype_info(row.dtype).safetensors_name,
                   fmt::join(shape, ","), at, at + row.size_bytes);
    at += row.size_bytes;
  }
  out += '}';
  size_t end = kLengthBytes + out.size();
  out.append((kAlignment - end % kAlignment) % kAlignment, ' ');
  return out;
}

void prepare(ExportJob* job) {
  auto alignment = [](const ExportedTensor& row) {
    return dtype_info(row.dtype).bits;
  };
  // Sorting moves the rows that ties point to.
  std::vector<uint32_t> order(job->tensors.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, std::greater(), [&](uint32_t i) {
    return alignment(job->tensors[i]);
  });
  std::vector<uint32_t> moved(order.size());
  for (uint32_t i = 0; i < order.size(); ++i) moved[order[i]] = i;
  std::vector<ExportedTensor> sorted;
  for (uint32_t i : order) {
    sorted.push_back(std::move(job->tensors[i]));
    uint32_t& tied_to = sorted.back().tied_to;
    if (tied_to != kNoIndex) tied_to = moved[tied_to];
  }
  job->tensors = std::move(sorted);
  uint64_t size = header_of(*job).size();
  if (uint64_t most = Limits().safetensors_header_bytes; size > most) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("a safetensors header of {} bytes; at most {} are "
                            "allowed",
                            size, most));
  }
}

void write(ExportJob* job, AtomicFile* file) {
  std::string header = header_of(*job);
  std::string length;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length += static_cast<char>(uint64_t{header.size()} >> 8 * i);
  }
  file->write(length);
  file->write(header);
  for (ExportedTensor& row : job->tensors) {
    job->copy_values(&row, [&](auto bytes) { file->write(bytes); });
  }
}

}  // namespace

Writer safetensors_writer() {
  return {.format = {"safetensors", ".safetensors",
                     "safetensors, what Hugging Face reads", true},
          .holds = holds,
          .name_problem = name_problem,
          .prepare = prepare,
          .write = write};
}

}  // namespace tsinspect
