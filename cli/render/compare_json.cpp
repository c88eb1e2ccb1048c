#include "render/compare.h"

namespace tsinspect::cli {
namespace {

void write_measures(Json& json, const ValueDiff& values) {
  json.member("elements", values.elements);
  json.member("different", values.different);
  json.member("beyond", values.beyond);
  json.member("nan_in_one", values.nan_in_one);
  if (values.has_metrics) {
    json.member("max_abs", values.max_abs);
    json.member("max_rel", values.max_rel);
    json.member("mean_abs", values.mean_abs);
    json.member("rmse", values.rmse);
    json.member("sqnr_db", values.sqnr_db);
    json.member("cosine", values.cosine);
  }
  json.member("at", std::span<const int64_t>(values.at));
  json.member("a_at", values.a_at);
  json.member("b_at", values.b_at);
}

void write_type(Json& json, const char* type, const char* shape,
                const RunRecord& run, const RunValue& value) {
  if (!value.is_tensor()) return json.member(type, value.type);
  const Tensor& tensor = run.model.tensors[value.tensor];
  json.member(type, dtype_info(tensor.dtype).name);
  json.member(shape, std::span<const int64_t>(tensor.shape));
}

void write_pair(Json& json, const CompareView& view, const RunPair& pair) {
  const RunValue& a = view.a.values[pair.a];
  const RunValue& b = view.b.values[pair.b];
  json.begin_object();
  json.member("name", a.name);
  json.member("other_name", b.name);
  json.member("matched", to_string(pair.matched));
  json.member("verdict", to_string(pair.verdict));
  write_type(json, "dtype", "shape", view.a, a);
  write_type(json, "other_dtype", "other_shape", view.b, b);
  json.member("atol", pair.tolerance.atol);
  json.member("rtol", pair.tolerance.rtol);
  if (pair.values) write_measures(json, *pair.values);
  json.end_object();
}

void write_names(Json& json, const char* key, const RunRecord& run,
                 const std::vector<uint32_t>& rows) {
  json.key(key);
  json.begin_array();
  for (uint32_t row : rows) json.value(run.values[row].name);
  json.end_array();
}

}  // namespace

void write_compare(Json& json, const CompareView& view) {
  const RunsDiff& diff = view.diff;
  json.member("same", diff.same());
  json.key("first");
  if (diff.first) {
    json.value(view.a.values[diff.pairs[*diff.first].a].name);
  } else {
    json.null();
  }
  json.key("values");
  json.begin_array();
  for (const RunPair& pair : diff.pairs) write_pair(json, view, pair);
  json.end_array();
  write_names(json, "only_a", view.a, diff.only_a);
  write_names(json, "only_b", view.b, diff.only_b);
}

}  // namespace tsinspect::cli
