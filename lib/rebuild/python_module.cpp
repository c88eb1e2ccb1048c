#include "base/file.h"
#include "rebuild/collect.h"

namespace tsinspect {
namespace {

// Appends the entries of a module's table: a dict, or an OrderedDict.
void add_table(const ObjectGraph& objects, ObjectRef table, Role role,
               std::vector<ModuleMember>* members) {
  if (table == kNoObject) return;
  if (objects.kind(table) == ObjectKind::kObject) {
    table = objects.dict_items(table);
    if (table == kNoObject) return;
  }
  auto pairs = objects.items(table);
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    members->push_back({pairs[i], pairs[i + 1], role});
  }
}

bool is_table(std::string_view key) {
  return key == "_parameters" || key == "_buffers" || key == "_modules";
}

}  // namespace

std::string_view class_name(const ObjectGraph& objects, ObjectRef object) {
  ObjectRef callable = objects.callable(object);
  if (callable == kNoObject) return {};
  // Protocols 0 and 1: copyreg._reconstructor(class, base, state).
  if (objects.global_name(object).ends_with("._reconstructor")) {
    auto arguments = objects.items(objects.arguments(object));
    if (!arguments.empty()) callable = arguments[0];
  }
  // Legacy files keep a class with its source: ('module', class, file, text).
  if (objects.kind(callable) == ObjectKind::kPersistent) {
    auto id = objects.items(objects.items(callable)[0]);
    if (id.size() > 1) callable = id[1];
  }
  return objects.kind(callable) == ObjectKind::kGlobal ? objects.bytes(callable)
                                                       : std::string_view();
}

bool read_python_module(const ObjectGraph& objects, ObjectRef object,
                        ModuleView* view) {
  if (objects.kind(object) != ObjectKind::kObject) return false;
  ObjectRef state = objects.state(object);
  ObjectRef parameters = objects.find(state, "_parameters");
  ObjectRef modules = objects.find(state, "_modules");
  if (parameters == kNoObject || modules == kNoObject) return false;
  view->type = class_name(objects, object);
  add_table(objects, parameters, Role::kParameter, &view->members);
  add_table(objects, objects.find(state, "_buffers"), Role::kBuffer,
            &view->members);
  auto attributes = objects.items(state);
  for (size_t i = 0; i + 1 < attributes.size(); i += 2) {
    std::string_view key = objects.bytes(attributes[i]);
    if (is_table(key)) continue;
    if (key == "training" &&
        objects.kind(attributes[i + 1]) == ObjectKind::kBool) {
      view->training = objects.integer(attributes[i + 1]) != 0;
    }
    view->members.push_back(
        {attributes[i], attributes[i + 1], Role::kAttribute});
  }
  add_table(objects, modules, Role::kAttribute, &view->members);
  return true;
}

void collect_python(const Limits& limits, TensorRebuilder* rebuilder,
                    Model* model) {
  CollectOptions options;
  options.read_module = [model](ObjectRef object, ModuleView* view) {
    return read_python_module(model->objects, object, view);
  };
  options.name_bytes = limits.metadata_limit(model->files[0]->size());
  collect(model->root, options, rebuilder, model);
}

}  // namespace tsinspect
