#include <cmath>

#include "render/stats.h"
#include "render/tensor_table.h"
#include "render/text.h"

namespace tsinspect::cli {
namespace {

std::string csv_number(double value) {
  return std::isnan(value) ? "nan" : fmt::format("{}", value);
}

std::string csv_number(const Number& number) {
  if (auto* value = std::get_if<double>(&number)) return csv_number(*value);
  return std::visit([](auto value) { return fmt::format("{}", value); },
                    number);
}

void print_values(Output& out, const Tensor& tensor, const TensorStats& stats) {
  if (stats.error || !stats.is_numeric || stats.count == 0) {
    out.text(",,,,,,,");
  } else {
    out.print("{},{},{},{},{},{},{},{}", csv_number(stats.min),
              csv_field(shape_text(index_of(tensor, stats.min_at))),
              csv_number(stats.max),
              csv_field(shape_text(index_of(tensor, stats.max_at))),
              csv_number(stats.mean), csv_number(stats.std),
              csv_number(stats.l2), csv_number(stats.mean_abs));
  }
  out.print(",{},{},{},{},{}", stats.zeros, stats.nan, stats.posinf,
            stats.neginf, stats.subnormals);
}

}  // namespace

void print_stats_csv(Report& report, const StatsTable& table) {
  Output& out = report.out;
  bool several = report.count > 1;
  if (report.index == 0) {
    out.print(
        "{}name,role,dtype,shape,count,min,min_at,max,max_at,mean,std,l2,"
        "mean_abs,zeros,nan,posinf,neginf,subnormals",
        several ? "file," : "");
    if (table.quantiles) out.text(",p0.1,p1,p50,p99,p99.9");
    out.text(",flags\r\n");
  }
  std::string file = several ? csv_field(report.file) + ',' : "";
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const Tensor& tensor = table.model.tensors[table.rows[i]];
    const TensorStats& stats = table.stats[i];
    out.print("{}{},{},{},{},{},", file, csv_field(tensor.name),
              to_string(tensor.role), dtype_info(tensor.dtype).name,
              csv_field(shape_text(tensor.shape)), stats.count);
    print_values(out, tensor, stats);
    for (size_t q = 0; table.quantiles && q < kQuantiles.size(); ++q) {
      out.put(',');
      if (stats.quantiles) out.text(csv_number(stats.quantiles->values[q]));
    }
    out.put(',');
    for (size_t f = 0; f < stats.flags.size(); ++f) {
      out.print("{}{}", f == 0 ? "" : ";", to_string(stats.flags[f]));
    }
    out.text("\r\n");
  }
}

}  // namespace tsinspect::cli
