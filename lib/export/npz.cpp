// NumPy arrays by name: a zip of NAME.npy, stored.

#include <fmt/format.h>

#include "export/writer.h"
#include "export/zip_writer.h"

namespace tsinspect {
namespace {

constexpr const char* kSuffix = ".npy";
constexpr size_t kMaxName = 65000;

// NumPy reads any name, but programs that unpack a zip make paths of them.
std::string name_problem(std::string_view name) {
  if (name.find('\0') != name.npos) return "a zip cuts names at a NUL";
  if (name.size() > kMaxName) return "a zip has no room for it";
  if (name.starts_with('/')) return "unpacked, it would be an absolute path";
  for (size_t begin = 0; begin <= name.size();) {
    size_t end = std::min(name.find('/', begin), name.size());
    if (name.substr(begin, end - begin) == "..") {
      return "unpacked, it would lead out of its folder";
    }
    begin = end + 1;
  }
  return {};
}

void write(ExportJob* job, AtomicFile* file) {
  ZipWriter zip(file);
  for (ExportedTensor& row : job->tensors) {
    std::string header = npy_header(job->source(row), row.dtype);
    zip.begin(row.name + kSuffix, header.size() + row.size_bytes);
    zip.write(std::as_bytes(std::span(header)));
    job->copy_values(&row, [&](auto bytes) { zip.write(bytes); });
    zip.end();
  }
  zip.finish();
}

}  // namespace

Writer npz_writer() {
  return {.format = {"npz", ".npz", "NumPy arrays by name", false},
          .holds = npy_holds,
          .name_problem = name_problem,
          .prepare = nullptr,
          .write = write};
}

}  // namespace tsinspect
