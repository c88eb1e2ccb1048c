// The files that hold the bytes of a checkpoint's variables.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "tensor/finding_list.h"
#include "tensorflow/bundle.h"
#include "tsinspect/model.h"

namespace tsinspect::tensorflow {

// Where the bytes of one variable, or of a slice of it, lie.
struct ShardBytes {
  uint32_t file = kNoIndex;  // Index into Model::files.
  std::string_view bytes;    // Its data() is not null.
  std::string problem;       // Why there are none: see TensorDetails::no_data.
};

class ShardFiles {
 public:
  // Of the checkpoint whose index is at that path. The model must outlive this
  // object.
  ShardFiles(const std::string& index_path, int64_t shards, Model* model)
      : prefix_(index_path), shards_(shards), model_(model), findings_(model) {
    if (prefix_.ends_with(kIndexSuffix)) {
      prefix_.resize(prefix_.size() - kIndexSuffix.size());
    }
  }

  // Opens the shard if it is the first time. Where that cannot be done, or it
  // is too short, the model gets a finding.
  ShardBytes find(std::string_view variable, const BundleEntry& entry);

  FindingList& findings() { return findings_; }

  // Adds the findings about shards that cannot be opened. The last call.
  void report();

  static constexpr std::string_view kIndexSuffix = ".index";

 private:
  struct Shard {
    uint32_t file = kNoIndex;
    std::string problem;
    uint64_t variables = 0;
  };

  std::string path_of(int64_t shard) const;
  Shard open(int64_t number) const;

  std::string prefix_;
  int64_t shards_;
  Model* model_;
  FindingList findings_;
  std::map<int64_t, Shard> opened_;
};

}  // namespace tsinspect::tensorflow
