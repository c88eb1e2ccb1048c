// The parts of a TorchScript program that are compared one by one.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/canonical_code.h"
#include "torchscript/library.h"
#include "tsinspect/model.h"

namespace tsinspect {

// A method, a function, or what a class declares.
struct CodeUnit {
  const torchscript::Library::Source* source = nullptr;
  const torchscript::ClassInfo* owner = nullptr;    // Null for a function.
  torchscript::NodeId node = torchscript::kNoNode;  // kNoNode for a class.
  // A method's own; qualified in what other_units() has.
  std::string name;

  std::string_view text() const;

  // Throws Error for source that cannot be parsed.
  std::vector<CanonicalLine> lines(CanonicalOptions options) const;
};

// A class's methods, hooks among them.
std::vector<CodeUnit> methods_of(const torchscript::Library& library,
                                 const torchscript::ClassInfo& info);

// The functions of a model, and all of the classes that no module has: in the
// order of their names.
std::vector<CodeUnit> other_units(const Model& model);

}  // namespace tsinspect
