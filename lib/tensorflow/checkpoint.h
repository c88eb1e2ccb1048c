// Adds the variables of a TensorFlow checkpoint to a Model.

#pragma once

#include <cstdint>

#include "tensorflow/table.h"
#include "tsinspect/model.h"

namespace tsinspect::tensorflow {

// Reads the checkpoint whose index, or, in version 1, whose only file is
// model->files[file]: its variables, with the names that
// tf.train.load_checkpoint gives them. The shards beside it are opened, and of
// their bytes nothing is read but the lengths of strings. Where a shard is
// missing its variables are listed all the same, with a finding. Throws Error.
void read_checkpoint(uint32_t file, const Limits& limits, Model* model);

}  // namespace tsinspect::tensorflow
