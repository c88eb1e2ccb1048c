// Files beside a model that belong to it, taken along where it is written to
// another folder.

#pragma once

#include <string>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// Copies the files that hold values of the model's tensors, which lie in its
// folder, into that of `output`; nothing if that is the same. Returns their
// paths from there. A file that is there already with the same bytes stays.
// Throws Error(kIo), also for one with other bytes.
std::vector<std::string> copy_companions(const Model& model,
                                         const std::string& output);

// Copies the file at `from`, unless `to` has the same bytes already. Throws
// Error(kIo) if it has others.
void copy_file_to(const std::string& from, const std::string& to);

}  // namespace tsinspect
