// Files beside a model that its tensors' values lie in.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "onnx/tensor_proto.h"
#include "tensor/finding_list.h"
#include "tsinspect/model.h"

namespace tsinspect::onnx {

// Values that were found, or why they were not.
struct ExternalValues {
  uint32_t file = kNoIndex;  // Index into Model::files.
  std::string_view bytes;
  std::string problem;  // Empty if they were found.
};

// The files that a model names. Each is mapped once, when the first tensor asks
// for it. One that lies outside of the model's folder, by its name or where a
// symlink leads, or that is no regular file, is not opened.
class ExternalFiles {
 public:
  // `path` is that of the model; both must outlive this object.
  ExternalFiles(const std::string& path, Model* model)
      : path_(path), model_(model), findings_(model) {}

  // Where the `size_bytes` bytes of values of a tensor are, which bears that
  // name.
  ExternalValues find(const std::string& tensor, const ExternalPlace& place,
                      uint64_t size_bytes);

  // Adds a finding for each file that could not be mapped. The last call.
  void report();

 private:
  struct Entry {
    uint32_t file = kNoIndex;
    std::string problem;
    uint64_t tensors = 0;
  };

  Entry open(std::string_view location) const;

  const std::string& path_;
  Model* model_;
  FindingList findings_;
  std::map<std::string_view, Entry> entries_;  // By location.
};

}  // namespace tsinspect::onnx
