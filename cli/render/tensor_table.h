// Tensors as a table with totals, or as CSV.

#pragma once

#include <string>
#include <vector>

#include "report.h"
#include "tensor_listing.h"
#include "tsinspect/listing.h"
#include "tsinspect/model.h"

namespace tsinspect::cli {

struct TensorTable {
  const Model& model;
  const std::vector<uint32_t>& rows;  // Of Model::tensors.
  // One a row; empty if not asked for. An empty one could not be computed.
  const std::vector<std::string>& hashes;
  bool role_column;
  std::vector<uint32_t> ties = tied_tensors(model);
};

// As the file records it; empty if it does not.
std::string_view device_of(const Model& model, const Tensor& tensor);

// Columns that would say the same in every row are left out.
void print_tensors(Output& out, const TensorTable& table);

// "62 tensors, 11,689,512 elements, 44.6 MiB (3 tied)", or why there are none.
void print_totals(Output& out, const TensorTable& table,
                  const Listing& listing);

// A field of CSV: printable, in quotes where it must be.
std::string csv_field(std::string_view text);

// RFC 4180, with one line of titles whatever the number of files.
void print_csv(Report& report, const TensorTable& table);

}  // namespace tsinspect::cli
