#include <unordered_map>

#include "render/dataflow.h"
#include "render/info.h"
#include "render/layers.h"

namespace tsinspect::cli {
namespace {

void write_totals(Json& json, const TensorTotals& totals) {
  json.begin_object();
  json.member("tensors", totals.tensors);
  json.member("elements", totals.elements);
  json.member("bytes", totals.bytes);
  json.end_object();
}

void write_producer(Json& json, const Producer& producer) {
  json.key("producer");
  json.begin_object();
  json.member("file_version", producer.file_version);
  json.member("torch_version", producer.torch_version);
  json.member("metadata", producer.metadata);
  json.member("byte_order", producer.big_endian ? "big" : "little");
  json.end_object();
}

void write_counts(Json& json, const Model& model, const Summary& summary) {
  json.key("sizes");
  json.begin_object();
  json.member("file", summary.file_bytes);
  json.member("tensors", summary.storage_bytes);
  json.member("stored", summary.stored_bytes);
  json.member("overhead", summary.overhead_bytes());
  json.end_object();
  json.key("counts");
  json.begin_object();
  json.member("tensors", summary.tensors.tensors);
  json.member("elements", summary.tensors.elements);
  json.member("bytes", summary.tensors.bytes);
  json.member("tied", summary.tied);
  json.member("storages", model.storages.size());
  json.member("modules", model.modules.size());
  json.member("records", model.records.size());
  json.end_object();
  json.key("roles");
  json.begin_object();
  for (size_t i = 0; i < summary.by_role.size(); ++i) {
    if (summary.by_role[i].tensors == 0) continue;
    json.key(to_string(static_cast<Role>(i)));
    write_totals(json, summary.by_role[i]);
  }
  json.end_object();
  json.key("dtypes");
  json.begin_object();
  for (size_t i = 0; i < summary.by_dtype.size(); ++i) {
    if (summary.by_dtype[i].tensors == 0) continue;
    json.key(dtype_info(static_cast<DType>(i)).name);
    write_totals(json, summary.by_dtype[i]);
  }
  json.end_object();
}

void write_storages(Json& json, const Model& model, const Summary& summary) {
  json.key("storages");
  json.begin_object();
  json.member("shared", summary.shared_storages);
  json.key("partly_hidden");
  json.begin_array();
  for (const HiddenBytes& hidden : summary.hidden) {
    json.begin_object();
    json.member("storage", hidden.storage);
    json.key("tensor");
    if (hidden.tensor == kNoIndex) {
      json.null();
    } else {
      json.value(model.tensors[hidden.tensor].name);
    }
    json.member("visible_bytes", hidden.visible_bytes);
    json.member("bytes", model.storages[hidden.storage].size_bytes);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void write_scalar(Json& json, const ObjectGraph& graph, ObjectRef ref) {
  switch (graph.kind(ref)) {
    case ObjectKind::kNone:
      return json.null();
    case ObjectKind::kBool:
      return json.value(graph.integer(ref) != 0);
    case ObjectKind::kInt:
      return json.value(graph.integer(ref));
    case ObjectKind::kFloat:
      return json.value(graph.floating(ref));
    case ObjectKind::kString:
      return json.value(graph.bytes(ref));
    default:
      return json.value(one_line(graph, ref, 1000));
  }
}

void write_named(Json& json, const ObjectGraph& graph, const char* key,
                 const std::vector<NamedObject>& objects) {
  json.key(key);
  json.begin_object();
  for (const NamedObject& object : objects) {
    json.key(object.name);
    write_scalar(json, graph, object.value);
  }
  json.end_object();
}

void write_objects(Json& json, const Model& model, const Summary& summary) {
  const ObjectGraph& graph = model.objects;
  json.member("top_level_type", summary.top_type);
  json.key("top_level");
  json.begin_array();
  for (const NamedObject& object : summary.top_level) {
    json.begin_object();
    json.member("key", object.name);
    json.member("kind", type_name(graph, object.value));
    json.key("value");
    if (is_scalar(graph, object.value)) {
      write_scalar(json, graph, object.value);
    } else {
      json.value(brief(graph, object.value));
    }
    json.end_object();
  }
  json.end_array();
  json.key("training");
  json.begin_object();
  write_named(json, graph, "values", summary.scalars);
  write_named(json, graph, "hyper_parameters", summary.hyper_parameters);
  json.end_object();
}

void write_methods(Json& json, const Model& model) {
  json.key("methods");
  json.begin_array();
  for (const Module& module : model.modules) {
    if (module.type_index == kNoIndex) continue;
    for (const Method& method : model.types[module.type_index].methods) {
      json.begin_object();
      json.member("module", module.path);
      json.member("type", module.type);
      json.member("name", method.name);
      json.member("schema", method.schema);
      json.end_object();
    }
  }
  json.end_array();
}

void write_hooks(Json& json, const Model& model) {
  json.key("hooks");
  json.begin_array();
  for (const Module& module : model.modules) {
    if (module.type_index == kNoIndex) continue;
    const ScriptType& type = model.types[module.type_index];
    auto write = [&](const std::vector<std::string>& hooks, const char* kind) {
      for (const std::string& hook : hooks) {
        json.begin_object();
        json.member("module", module.path);
        json.member("kind", kind);
        json.member("name", hook);
        json.end_object();
      }
    };
    write(type.forward_pre_hooks, "forward_pre_hook");
    write(type.forward_hooks, "forward_hook");
  }
  json.end_array();
}

// Each name once, in the order of the file, with all calls of it.
void write_imports(Json& json, const Model& model) {
  std::vector<std::string_view> names;
  std::unordered_map<std::string_view, uint64_t> calls;
  for (const Import& import : model.imports) {
    auto [place, added] = calls.try_emplace(import.name, 0);
    if (added) names.push_back(import.name);
    place->second += import.calls;
  }
  json.key("imports");
  json.begin_array();
  for (std::string_view name : names) {
    json.begin_object();
    json.member("name", name);
    json.member("calls", calls[name]);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void write_info(Json& json, const Model& model, const Summary& summary,
                std::span<const Layer> layers) {
  write_producer(json, model.producer);
  write_counts(json, model, summary);
  write_storages(json, model, summary);
  write_objects(json, model, summary);
  if (model.dataflow != nullptr) write_dataflow(json, model);
  write_methods(json, model);
  write_hooks(json, model);
  write_layers(json, model, layers);
  write_imports(json, model);
}

}  // namespace tsinspect::cli
