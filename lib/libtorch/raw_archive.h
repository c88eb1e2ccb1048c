// What LibTorch's own reader of pickles finds in an archive, with no code run.

#pragma once

#include <string>

#include "libtorch/torch.h"

namespace tsinspect {

// The value of the pickle `name`.pkl in the archive at `path`, whose storages
// are in the folder `name`, or in `folder` ("constants/"). An object of a class
// is an Object with one slot:
// "(state)", what the file gives it. Throws whatever LibTorch throws.
c10::IValue read_raw(const std::string& path, const std::string& name,
                     const std::string& folder = "");

// The same for a file without classes, where one is an error.
c10::IValue read_plain(const std::string& path, const std::string& name);

}  // namespace tsinspect
