#include "render/diff.h"
#include "render/model_json.h"
#include "render/objects.h"

namespace tsinspect::cli {
namespace {

// One of the two tensors of a pair: enough to find it.
void write_side(Json& json, const char* key, const Tensor& tensor) {
  json.key(key);
  json.begin_object();
  json.member("name", tensor.name);
  json.member("role", to_string(tensor.role));
  json.member("dtype", dtype_info(tensor.dtype).name);
  json.member("shape", tensor.shape);
  json.end_object();
}

void write_values(Json& json, const ValueDiff& values) {
  json.key("values");
  json.begin_object();
  json.member("elements", values.elements);
  json.member("different", values.different);
  json.member("beyond_tolerance", values.beyond);
  if (values.has_metrics) {
    json.member("nan_in_one", values.nan_in_one);
    json.member("nan_in_both", values.nan_in_both);
    json.member("max_abs", values.max_abs);
    json.member("max_rel", values.max_rel);
    json.member("mean_abs", values.mean_abs);
    json.member("rmse", values.rmse);
    json.member("sqnr_db", values.sqnr_db);
    json.member("cosine", values.cosine);
  }
  json.member("at", values.at);
  json.member("a_at", values.a_at);
  json.member("b_at", values.b_at);
  json.end_object();
}

void write_layout(Json& json, const Layout& layout) {
  json.key("layout");
  json.begin_object();
  json.member("name", layout.name);
  json.member("a_as", layout.shape_a);
  json.member("b_as", layout.shape_b);
  json.member("permutation", layout.order);
  json.end_object();
}

void write_pair(Json& json, const DiffView& view, const TensorDiff& pair) {
  json.begin_object();
  json.member("name", pair.name);
  if (pair.change != Change::kNone) {
    json.member("change", to_string(pair.change));
  }
  write_side(json, "a", view.a.tensors[pair.a]);
  write_side(json, "b", view.b.tensors[pair.b]);
  if (pair.derived) json.member("derived", true);
  if (pair.layout) write_layout(json, *pair.layout);
  if (pair.values) write_values(json, *pair.values);
  json.end_object();
}

// The pairs that `is_wanted`, as a list.
void write_pairs(Json& json, const char* key, const DiffView& view,
                 bool (*is_wanted)(const TensorDiff&)) {
  json.key(key);
  json.begin_array();
  for (const TensorDiff& pair : view.diff.pairs) {
    if (is_wanted(pair)) write_pair(json, view, pair);
  }
  json.end_array();
}

void write_tensors(Json& json, const char* key, const Model& model,
                   const std::vector<uint32_t>& rows) {
  json.key(key);
  json.begin_array();
  for (uint32_t row : rows) {
    json.begin_object();
    write_tensor(json, model, model.tensors[row]);
    json.end_object();
  }
  json.end_array();
}

void write_object_or_null(Json& json, const char* key, const ObjectGraph& graph,
                          ObjectRef ref) {
  json.key(key);
  ref == kNoObject ? json.null()
                   : static_cast<void>(write_object(json, graph, ref, false));
}

void write_objects(Json& json, const DiffView& view) {
  json.key("objects");
  json.begin_array();
  for (const ObjectDiff& change : view.diff.objects.changes) {
    json.begin_object();
    json.member("path", change.path);
    json.member("change", to_string(change.kind));
    write_object_or_null(json, "a", view.a.objects, change.a);
    write_object_or_null(json, "b", view.b.objects, change.b);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void write_diff(Json& json, const DiffView& view) {
  const Diff& diff = view.diff;
  DiffCounts counts(diff);
  json.member("same", diff.same());
  write_tensors(json, "added", view.b, diff.added);
  write_tensors(json, "removed", view.a, diff.removed);
  write_pairs(json, "renamed", view,
              [](const TensorDiff& pair) { return pair.renamed; });
  write_pairs(json, "relaid", view,
              [](const TensorDiff& pair) { return pair.layout.has_value(); });
  write_pairs(json, "changed", view, [](const TensorDiff& pair) {
    return pair.change != Change::kNone;
  });
  write_pairs(json, "derived", view,
              [](const TensorDiff& pair) { return pair.derived; });
  json.key("absorbed");
  json.begin_array();
  const Model& original = diff.absorbed.frozen_is_a ? view.b : view.a;
  for (uint32_t row : diff.absorbed.originals) {
    json.value(original.tensors[row].name);
  }
  json.end_array();
  auto write_own = [&](const char* key, const Model& model,
                       const std::vector<uint32_t>& rows) {
    json.key(key);
    json.begin_array();
    for (uint32_t row : rows) json.value(model.tensors[row].name);
    json.end_array();
  };
  write_own("forms_own_a", view.a, diff.forms_own.a);
  write_own("forms_own_b", view.b, diff.forms_own.b);
  json.member("equal", counts.equal);
  json.member("within_tolerance", counts.within_tolerance);
  write_objects(json, view);
  if (diff.code.compared) write_code(json, diff.code);
  json.member("notes", diff_notes(view));
}

}  // namespace tsinspect::cli
