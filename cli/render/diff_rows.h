// What differs, as the rows of a table.

#pragma once

#include <string>
#include <vector>

#include "render/diff.h"

namespace tsinspect::cli {

// A tensor that differs, or a module with some that do.
struct DiffRow {
  std::string name;      // As the file has it.
  uint64_t tensors = 1;  // That differ,
  uint64_t of = 1;       // of so many; more than one for a module.
  std::string what;      // Escaped: "[2] → [3]", "7 changed, 1 added".
  const ValueDiff* values = nullptr;  // Of the worst tensor, and
  std::string worst;                  // its name, for a module.
  double sqnr_db = 0;                 // The lowest.
  uint64_t different = 0;             // Elements that differ,
  uint64_t elements = 0;              // of those in changed tensors.

  bool is_module() const { return of > 1 || !worst.empty(); }
};

// Every tensor that differs: those of A in its order, then those B adds.
std::vector<DiffRow> tensor_rows(const DiffView& view);

// Tensors that differ, by module, as deep into the names as at most `most` rows
// allow; one level at least.
std::vector<DiffRow> module_rows(const DiffView& view, size_t most);

// True if the first is the worse difference of two.
bool is_worse(const ValueDiff& a, const ValueDiff& b);

}  // namespace tsinspect::cli
