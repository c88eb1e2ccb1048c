#include "tensor/finding_list.h"

#include <fmt/format.h>

#include <utility>

namespace tsinspect {
namespace {

constexpr uint64_t kMaxFindings = 100;

}  // namespace

void FindingList::add(const char* rule, Severity severity,
                      std::string_view where, std::string message) {
  if (++counts_[rule] > kMaxFindings) return;
  findings_.push_back({rule, severity, std::string(where), std::move(message)});
}

void FindingList::add_rest() {
  for (auto [rule, count] : counts_) {
    if (count <= kMaxFindings) continue;
    findings_.push_back({rule, Severity::kWarning, "",
                         fmt::format("and {} more", count - kMaxFindings)});
  }
}

}  // namespace tsinspect
