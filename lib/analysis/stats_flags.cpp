#include "analysis/stats_flags.h"

#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include "analysis/channels.h"

namespace tsinspect {
namespace {

constexpr double kExploding = 100;  // Times the median of the siblings.
constexpr size_t kFewestSiblings = 4;

std::string_view last_part(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

double rms(const TensorStats& stats) {
  return stats.l2 / std::sqrt(static_cast<double>(stats.count));
}

bool has_scale(const Tensor& tensor, const TensorStats& stats) {
  DTypeClass type_class = dtype_info(tensor.dtype).type_class;
  return (type_class == DTypeClass::kFloat ||
          type_class == DTypeClass::kComplex) &&
         !stats.error && stats.count > 0 && stats.is_finite() && stats.l2 > 0;
}

void flag_one(const Tensor& tensor, TensorStats* stats) {
  auto flag = [&](bool is_so, StatsFlag flag) {
    if (is_so) stats->flags.push_back(flag);
  };
  if (stats->error || !stats->is_numeric || stats->count == 0) return;
  flag(stats->nan > 0, StatsFlag::kNaN);
  flag(stats->posinf + stats->neginf > 0, StatsFlag::kInfinite);
  bool all_zero = stats->zeros == stats->count;
  flag(all_zero, StatsFlag::kAllZero);
  flag(!all_zero && stats->count > 1 && stats->finite.count == stats->count &&
           stats->min == stats->max,
       StatsFlag::kConstant);
  flag(last_part(tensor.name) == "running_var" && stats->finite.count > 0 &&
           to_double(stats->finite.min) <= 0,
       StatsFlag::kVariance);
  flag(stats->channels && !stats->channels->dead.empty() && !all_zero,
       StatsFlag::kDeadChannels);
}

}  // namespace

const char* to_string(StatsFlag flag) {
  constexpr std::array kNames = {"nan",          "inf",   "all-zero",
                                 "constant",     "scale", "variance",
                                 "dead-channels"};
  return kNames[static_cast<size_t>(flag)];
}

void flag_tensors(const Model& model, std::span<const uint32_t> rows,
                  std::span<TensorStats> stats) {
  using Kind = std::pair<std::string_view, size_t>;
  auto kind_of = [](const Tensor& tensor) {
    return Kind(last_part(tensor.name), tensor.shape.size());
  };
  std::map<Kind, std::vector<double>> sizes;
  for (size_t i = 0; i < rows.size(); ++i) {
    const Tensor& tensor = model.tensors[rows[i]];
    flag_one(tensor, &stats[i]);
    if (has_scale(tensor, stats[i])) {
      sizes[kind_of(tensor)].push_back(rms(stats[i]));
    }
  }
  std::map<Kind, double> limits;
  for (auto& [kind, values] : sizes) {
    if (values.size() < kFewestSiblings) continue;
    limits[kind] = kExploding * median(std::move(values));
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const Tensor& tensor = model.tensors[rows[i]];
    if (!has_scale(tensor, stats[i])) continue;
    auto limit = limits.find(kind_of(tensor));
    if (limit != limits.end() && rms(stats[i]) > limit->second) {
      stats[i].flags.push_back(StatsFlag::kScale);
    }
  }
}

}  // namespace tsinspect
