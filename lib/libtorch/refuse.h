// The check that stands before anything that executes a model.

#pragma once

#include <string>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// Loads libraries of custom operators and classes (`dlopen`), which stay
// loaded. Throws Error(kIo) with the loader's own words.
void load_libraries(const std::vector<std::string>& paths);

// Throws Error(kRefused) if the program reaches outside of the process
// (outside_calls() in program.h), naming the first such calls and where they
// stand, unless `trust` is set. Operators and classes that are registered in
// this process are not such calls: load their library first.
void refuse_outside_calls(const Model& program, bool trust);

}  // namespace tsinspect
