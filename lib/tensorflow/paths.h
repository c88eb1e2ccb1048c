// Which file to open of the several that a checkpoint is made of.

#pragma once

#include <string>
#include <string_view>

namespace tsinspect::tensorflow {

// The checkpoint that a state file ("checkpoint") names as the last one, in
// that file's folder: its index, or in version 1 its only file. Empty if the
// text is no state file, or there is no such file.
std::string checkpoint_of_state(const std::string& path, std::string_view text);

// The same for the folder that the state file lies in; empty if it has none.
std::string checkpoint_in_folder(const std::string& folder);

// Whether a text is a state file.
bool is_checkpoint_state(std::string_view text);

// Whether a file is named as a shard: "model.data-00000-of-00001".
bool is_shard_name(std::string_view path);

// The index of a shard named so; it may not be there.
std::string index_of_shard(std::string_view path);

// TensorFlow names a checkpoint by what its files' names have in common,
// "variables/variables". The index for such a path, or the path itself where it
// is of a file, or there is no such index.
std::string with_index(const std::string& path);

}  // namespace tsinspect::tensorflow
