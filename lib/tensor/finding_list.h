// Findings about a model's tensors, of which there may be very many.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

// Adds findings, and of each rule no more than anyone reads one by one.
class FindingList {
 public:
  explicit FindingList(Model* model) : findings_(model->findings) {}

  void add(const char* rule, Severity severity, std::string_view where,
           std::string message);

  // How many more there were, a rule.
  void add_rest();

 private:
  std::vector<Finding>& findings_;
  std::map<std::string, uint64_t> counts_;
};

}  // namespace tsinspect
