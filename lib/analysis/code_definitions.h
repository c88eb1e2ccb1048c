// What the source of a model defines.

#pragma once

#include <string>
#include <vector>

#include "torchscript/library.h"
#include "tsinspect/model.h"

namespace tsinspect {

// A class, a method, or a function that is none.
struct CodeDefinition {
  std::string name;          // Qualified.
  torchscript::NodeId node;  // The tree's root for a legacy module.
};

// Of one record: its functions, and each class with its methods.
std::vector<CodeDefinition> functions(
    const torchscript::Library::Source& source);
std::vector<CodeDefinition> classes(const torchscript::Library::Source& source);

// The source of a model that has some; throws as code_records() does.
const torchscript::Library& library_of(const Model& model);

}  // namespace tsinspect
