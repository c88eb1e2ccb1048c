// What params, buffers and tensors have in common: all list tensors, of
// different roles.

#pragma once

#include <string>
#include <vector>

#include "command.h"
#include "report.h"
#include "tsinspect/listing.h"

namespace tsinspect::cli {

struct ListingOptions {
  FileOptions files;
  std::vector<std::string> filter;
  std::string sort;
  std::optional<uint64_t> top;
  bool reverse = false;
  bool csv = false;
  bool sha256 = false;
  std::string explain;  // A tensor's name.
};

// Which tensors of a model a command lists.
struct Listing {
  const char* noun;                  // "parameter": what one row is.
  bool (*is_listed)(const Tensor&);  // As it fits the model.
  const char* note = "";             // Told once, under the table.
  bool role_column = false;
};

// Declares the options and returns the command: `choose` decides what is listed
// of a model.
Action setup_listing(Options* options, Listing (*choose)(const Model&));

}  // namespace tsinspect::cli
