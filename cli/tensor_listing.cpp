#include "tensor_listing.h"

#include <array>

#include "render/explanation.h"
#include "render/model_json.h"
#include "render/tensor_table.h"
#include "tensor_names.h"
#include "tsinspect/values.h"

namespace tsinspect::cli {
namespace {

TensorQuery make_query(const ListingOptions& options) {
  struct Row {
    const char* name;
    SortKey key;
  };
  constexpr std::array kKeys = {
      Row{"file", SortKey::kFile},   Row{"name", SortKey::kName},
      Row{"bytes", SortKey::kBytes}, Row{"elements", SortKey::kElements},
      Row{"dtype", SortKey::kDType},
  };
  TensorQuery query;
  query.filter = NameFilter(options.filter);
  query.top = options.top;
  query.descending = options.reverse;
  std::string_view sort = options.sort;
  if (sort.starts_with('-')) {
    sort.remove_prefix(1);
    query.descending = !query.descending;
  }
  for (const Row& row : kKeys) {
    if (row.name == sort) query.sort = row.key;
  }
  return query;
}

// The hash of a tensor, or empty if it has no data, or after reporting
// why that cannot be read.
std::string hash_of(const Model& model, const Tensor& tensor, Report& report) {
  if (tensor.storage == kNoIndex) return {};  // Of a meta tensor: no values.
  try {
    return sha256(model, tensor);
  } catch (const Error& error) {
    report.fail(error);
    return {};
  }
}

void print_json(const Model& model, const std::vector<uint32_t>& rows,
                bool hashes, Report& report) {
  Json& json = *report.json;
  json.key("tensors");
  json.begin_array();
  for (uint32_t row : rows) {
    json.begin_object();
    write_tensor(json, model, model.tensors[row]);
    if (hashes) {
      std::string hash = hash_of(model, model.tensors[row], report);
      json.key("sha256");
      hash.empty() ? json.null() : json.value(hash);
    }
    json.end_object();
  }
  json.end_array();
}

// Why tensors of that name are called so.
void explain(const Model& model, const std::string& name, Report& report) {
  std::vector<uint32_t> rows = tensors_named(model, name);
  if (rows.empty()) fail_not_found(model, name);
  if (report.json == nullptr) {
    report.print_heading(model);
    for (uint32_t row : rows) print_explanation(report.out, model, row);
    return;
  }
  report.json->key("tensors");
  report.json->begin_array();
  for (uint32_t row : rows) {
    report.json->begin_object();
    write_tensor(*report.json, model, model.tensors[row]);
    write_explanation(*report.json, model, row);
    report.json->end_object();
  }
  report.json->end_array();
}

void run(const Model& model, const ListingOptions& options,
         const Listing& listing, Report& report) {
  if (!options.explain.empty()) {
    return explain(model, options.explain, report);
  }
  auto rows = select_tensors(model, listing.is_listed, make_query(options));
  if (report.json) return print_json(model, rows, options.sha256, report);
  std::vector<std::string> hashes;
  if (options.sha256) {
    for (uint32_t row : rows) {
      hashes.push_back(hash_of(model, model.tensors[row], report));
    }
  }
  TensorTable table = {model, rows, hashes, listing.role_column};
  if (options.csv) return print_csv(report, table);
  report.print_heading(model);
  if (!rows.empty()) print_tensors(report.out, table);
  print_totals(report.out, table, listing);
}

}  // namespace

Action setup_listing(Options* options, Listing (*choose)(const Model&)) {
  auto values = std::make_shared<ListingOptions>();
  add_file_options(options, &values->files);
  options->insert(
      options->end(),
      {csv_option(&values->csv),
       filter_option(&values->filter),
       {.name = "--sort",
        .value = "KEY",
        .help = "name, elements, bytes, dtype or file; -KEY reverses",
        .target = &values->sort,
        .choices = {"name", "elements", "bytes", "dtype", "file", "-name",
                    "-elements", "-bytes", "-dtype", "-file"}},
       {"--reverse", "", "Turn the order round", &values->reverse},
       top_option(&values->top),
       {"--sha256", "", "Hash the values: contiguous, little-endian",
        &values->sha256},
       names_from_option(&values->files.names_from),
       {"--explain", "NAME", "Why a frozen file's constant has its name",
        &values->explain}});
  return [values, choose](Output& out) {
    if (values->csv && values->files.json) {
      throw UsageError{"--csv and --json exclude each other"};
    }
    return for_each_model(values->files, out,
                          [&](const Model& model, Report& report) {
                            run(model, *values, choose(model), report);
                          });
  };
}

}  // namespace tsinspect::cli
