// -o OUT of the commands that run models: the tensors that came out.

#pragma once

#include <string>

#include "report.h"

namespace tsinspect::cli {

struct SaveOptions {
  std::string output;  // Empty: nothing is saved.
  bool force = false;
};

// Declares -o and --force.
void add_save_options(Options* options, SaveOptions* values);

// Throws UsageError for a name that says no format, or for several files.
void check_save_options(const SaveOptions& options, size_t files);

// Writes the model's tensors, if that is asked for, and says so.
void save_tensors(const Model& model, const SaveOptions& options,
                  Report& report);

}  // namespace tsinspect::cli
