// The names that a file's operators have, by where they stand in its code.

#pragma once

#include <map>
#include <string>
#include <utility>

#include "libtorch/torch.h"

namespace tsinspect {

class OperatorPlaces {
 public:
  // Without a file: an operator goes by its own name, which several may have.
  OperatorPlaces() = default;
  // Of the file at `path`, as operator_names() has them. Throws Error.
  explicit OperatorPlaces(const std::string& path);

  // Empty for what is no operator with a name.
  std::string name_of(const torch::jit::Node& node) const;

 private:
  struct Name {
    std::string op;
    std::string name;
  };

  bool has_file_ = false;
  std::multimap<std::pair<std::string, size_t>, Name> names_;
};

}  // namespace tsinspect
