#include "render/stats.h"

namespace tsinspect::cli {
namespace {

void write_number(Json& json, const char* name, const Number& number) {
  json.key(name);
  std::visit([&](auto value) { json.value(value); }, number);
}

void write_index(Json& json, const char* name, const Tensor& tensor,
                 uint64_t at) {
  json.member(name, std::span<const int64_t>(index_of(tensor, at)));
}

template <typename T>
void write_list(Json& json, const char* name, const T& values) {
  json.key(name);
  json.begin_array();
  for (const auto& value : values) json.value(value);
  json.end_array();
}

void write_range(Json& json, const Tensor& tensor, const TensorStats& stats) {
  if (stats.count == 0 || !stats.is_numeric) {
    for (const char* name :
         {"min", "min_at", "max", "max_at", "mean", "std", "l2", "mean_abs"}) {
      json.key(name);
      json.null();
    }
    return;
  }
  write_number(json, "min", stats.min);
  write_index(json, "min_at", tensor, stats.min_at);
  write_number(json, "max", stats.max);
  write_index(json, "max_at", tensor, stats.max_at);
  json.member("mean", stats.mean);
  json.member("std", stats.std);
  json.member("l2", stats.l2);
  json.member("mean_abs", stats.mean_abs);
}

// Of the values that are finite, where not all are.
void write_finite(Json& json, const TensorStats& stats) {
  if (stats.is_finite()) return;
  json.key("finite");
  json.begin_object();
  json.member("count", stats.finite.count);
  if (stats.finite.count > 0) {
    write_number(json, "min", stats.finite.min);
    write_number(json, "max", stats.finite.max);
    json.member("mean", stats.finite.mean);
    json.member("std", stats.finite.std);
  }
  json.end_object();
}

void write_quantiles(Json& json, const TensorStats& stats) {
  json.key("quantiles");
  if (!stats.quantiles) return json.null();
  json.begin_object();
  for (size_t i = 0; i < kQuantiles.size(); ++i) {
    json.member(fmt::format("{}", kQuantiles[i]), stats.quantiles->values[i]);
  }
  json.member("error", stats.quantiles->error);
  json.end_object();
}

void write_histogram(Json& json, const Histogram& histogram) {
  json.key("histogram");
  json.begin_object();
  json.member("min", histogram.min);
  json.member("max", histogram.max);
  write_list(json, "counts", histogram.counts);
  json.end_object();
}

void write_channels(Json& json, const Channels& channels) {
  json.key("channels");
  json.begin_object();
  json.member("count", channels.count);
  write_list(json, "dead", channels.dead);
  write_list(json, "outliers", channels.outliers);
  json.end_object();
}

}  // namespace

void write_stats(Json& json, const Tensor& tensor, const TensorStats& stats) {
  if (stats.error)
    return json.member("error", std::string(stats.error->what()));
  json.member("count", stats.count);
  write_range(json, tensor, stats);
  json.member("zeros", stats.zeros);
  json.member("implied_zeros", stats.implied_zeros);
  json.member("nan", stats.nan);
  json.member("posinf", stats.posinf);
  json.member("neginf", stats.neginf);
  json.member("subnormals", stats.subnormals);
  write_finite(json, stats);
  json.key("unique");
  if (stats.unique.empty()) {
    json.null();
  } else {
    json.begin_array();
    for (const Number& number : stats.unique) {
      std::visit([&](auto value) { json.value(value); }, number);
    }
    json.end_array();
  }
  write_quantiles(json, stats);
  if (stats.histogram) write_histogram(json, *stats.histogram);
  if (stats.channels) write_channels(json, *stats.channels);
  json.key("flags");
  json.begin_array();
  for (StatsFlag flag : stats.flags) json.value(to_string(flag));
  json.end_array();
}

}  // namespace tsinspect::cli
