// A file format tsinspect can read. To add one, write format/<name>.cpp that
// defines `Format <name>_format()`, and add it to the table in formats.cpp.

#pragma once

#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/name_index.h"
#include "tsinspect/model.h"

namespace tsinspect {

// A file about to be read: mapped, and, if it is a zip, with its directory.
struct Input {
  std::shared_ptr<const File> file;
  std::vector<Record> records;    // Of a zip; else empty.
  std::vector<Finding> findings;  // What looked wrong in its directory.
  NameIndex names{0};             // Of `records`, by read_zip_directory.
  bool is_zip = false;
  bool program_only = false;  // See open_program().
  Limits limits;

  std::string_view data() const { return file->data(); }

  // Index of the record of that name, kNoIndex if there is none.
  uint32_t find_record(std::string_view name) const {
    return names.find(name, [this](uint32_t i) { return records[i].name; });
  }
};

struct Format {
  const char* name;         // Names the file format/<name>.cpp.
  const char* description;  // One line, for the list of what is read.

  // Cheap test on the content. Never throws.
  bool (*matches)(const Input& input);

  // Fills *model: form, producer, tensors and all else. The model already has
  // the file and, from the input, `records` and `findings`. Throws Error.
  void (*read)(const Input& input, Model* model);
};

// All formats, in the order they are tried; the first match reads the file.
const std::vector<Format>& formats();

// Maps `path` and, if it is a zip, reads its directory. Throws Error.
Input open_input(const std::string& path, const Limits& limits);

// Reads one file of a form the table knows, as open_partial() does. Throws
// Error(kUnsupported) with what the file looks like and what to do about it.
Model read_file(const std::string& path, const Limits& limits,
                bool program_only = false);

}  // namespace tsinspect
