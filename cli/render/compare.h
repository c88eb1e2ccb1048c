// Where two runs part, for people and for programs.

#pragma once

#include <string>

#include "analysis/compare_runs.h"
#include "render/json.h"

namespace tsinspect::cli {

struct CompareView {
  const RunRecord& a;
  const RunRecord& b;
  const RunsDiff& diff;
  std::string name_a, name_b;  // The files.
  bool all = false;            // Every value, not those alone that differ.
};

// A line with the verdict, one with what agreed last; a table of values; what
// only one of the runs has.
void print_compare(Output& out, const CompareView& view);

// "same", "first", "values", "only_a", "only_b", as members of an object.
void write_compare(Json& json, const CompareView& view);

}  // namespace tsinspect::cli
