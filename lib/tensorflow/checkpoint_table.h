// The table that is a checkpoint's index, and messages in it.

#pragma once

#include <cstdint>
#include <string_view>

#include "base/budget.h"
#include "base/protobuf.h"
#include "tensorflow/table.h"
#include "tsinspect/model.h"

namespace tsinspect::tensorflow {

// A checkpoint's table as its readers need it.
struct CheckpointTable {
  uint32_t file = 0;          // Index into Model::files.
  std::string_view contents;  // Of that file.
  Table table;
  Budget budget;

  // Whether it lies in the file; else in memory that was inflated.
  bool is_mapped(std::string_view bytes) const {
    return bytes.data() >= contents.data() &&
           bytes.data() < contents.data() + contents.size();
  }

  // Reads an entry's value. Offsets in errors are the file's where it lies in
  // the file.
  MessageReader reader(std::string_view value, const char* type) const {
    return {value, is_mapped(value) ? contents : value, type};
  }
};

// Memory that a variable takes in a Model, but for its names.
constexpr uint64_t kVariableBytes =
    sizeof(Tensor) + sizeof(Storage) + sizeof(Record) + sizeof(PathStep) + 64;

// These read the two versions of checkpoints. Throw Error.
void read_bundle(CheckpointTable* index, Model* model);
void read_checkpoint_v1(CheckpointTable* index, Model* model);

}  // namespace tsinspect::tensorflow
