// A format to write. To add one, write <name>.cpp that defines
// `Writer <name>_writer()`, and add it to the table in export.cpp.

#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "export/atomic_file.h"
#include "tsinspect/export.h"

namespace tsinspect {

// What is written, and where from. Every tensor's name is UTF-8, not empty and
// its own, and every dtype is one the format holds.
class ExportJob {
 public:
  ExportJob(const Model& model, const ExportOptions& options,
            const Limits& limits)
      : model(model), options_(options), limits_(limits) {}

  const Tensor& source(const ExportedTensor& row) const {
    return model.tensors[row.tensor];
  }

  // Passes the values as they are to be written, contiguous, little-endian, of
  // the row's dtype, a piece at a time. Throws Error, also if the caller wants
  // no more of it.
  void copy_values(ExportedTensor* row,
                   const std::function<void(std::span<const std::byte>)>& sink);

  const Model& model;
  std::vector<ExportedTensor> tensors;
  std::vector<std::pair<std::string, std::string>> metadata;
  uint64_t total_bytes = 0;  // Of all values, as they are read.

 private:
  const ExportOptions& options_;
  const Limits& limits_;
  uint64_t done_bytes_ = 0;
};

struct Writer {
  ExportFormat format;
  bool one_tensor = false;  // Whose name it does not keep.
  bool keeps_ties = false;

  // Whether the format has the tensor's dtype as it is to be written.
  bool (*holds)(const Tensor& tensor, DType dtype);
  // Why it cannot keep a name; empty if it can.
  std::string (*name_problem)(std::string_view name);
  // Throws Error(kUnsupported) for what else it cannot hold, before anything
  // is written; may sort the tensors. Null if there is nothing.
  void (*prepare)(ExportJob* job);
  void (*write)(ExportJob* job, AtomicFile* file);
};

// For formats that keep any name.
inline std::string no_name_problem(std::string_view) { return {}; }

// The header of a .npy file that the tensor's bytes follow.
std::string npy_header(const Tensor& tensor, DType dtype);
// Whether NumPy has the type.
bool npy_holds(const Tensor& tensor, DType dtype);

}  // namespace tsinspect
