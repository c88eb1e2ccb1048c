// Statistics as a table with what is conspicuous, as charts, CSV or JSON.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "report.h"
#include "tsinspect/stats.h"

namespace tsinspect::cli {

struct StatsTable {
  const Model& model;
  const std::vector<uint32_t>& rows;      // Of Model::tensors.
  const std::vector<TensorStats>& stats;  // One a row.
  bool quantiles;                         // Whether to show them.
};

// Index along each dimension of a tensor's `at`-th value. The two halves of a
// float4_e2m1fn_x2 have one index.
std::vector<int64_t> index_of(const Tensor& tensor, uint64_t at);

// "[0, 3]: 2 NaN, 1 infinity": what is not finite, from the first on.
std::string not_finite_text(const Tensor& tensor, const TensorStats& stats);

// A number in at most ten characters, "37.50 %", and what is conspicuous.
std::string number_text(const Number& number);
std::string share_text(uint64_t part, uint64_t whole);
std::string notes_text(const Tensor& tensor, const TensorStats& stats);
// Whether there is a value to speak of.
bool has_values(const TensorStats& stats);

// Where the terminal is narrow, shape and dtype are left out.
void print_stats(Output& out, const StatsTable& table);
void print_stats_totals(Output& out, const StatsTable& table);

// A bar a bin, under the tensor's name.
void print_histograms(Output& out, const StatsTable& table);

void print_stats_csv(Report& report, const StatsTable& table);

// The members of a tensor's object that are statistics.
void write_stats(Json& json, const Tensor& tensor, const TensorStats& stats);

}  // namespace tsinspect::cli
