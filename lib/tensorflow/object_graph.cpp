// A checkpoint that TensorFlow 2 wrote has in the variable
// _CHECKPOINTABLE_OBJECT_GRAPH a TrackableObjectGraph: the Python objects that
// were saved, object 0 the root, each with named references to others. A
// variable is an object whose only attribute is the value in the checkpoint,
// and says under which name it was made. Objects may refer to each other in
// circles; their path is the shortest one, as in the keys of the checkpoint.
//
// A SavedModel has the same objects once more, as a SavedObjectGraph, with
// their classes. Sources: trackable_object_graph.proto and
// saved_object_graph.proto of TensorFlow 2.21.

#include "tensorflow/object_graph.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <deque>
#include <unordered_map>

#include "tensorflow/objects.h"
#include "tsinspect/values.h"

namespace tsinspect::tensorflow {
namespace {

constexpr std::string_view kGraphName = "_CHECKPOINTABLE_OBJECT_GRAPH";

// Classes of objects that only hold others.
constexpr std::array<std::string_view, 3> kContainers = {
    "trackable_list_wrapper", "trackable_tuple_wrapper",
    "trackable_dict_wrapper"};

// What the walk found out about an object.
struct Place {
  uint32_t parent = kNoIndex;
  std::string_view name;      // What its parent calls it.
  uint32_t saved = kNoIndex;  // The same object in the SavedObjectGraph.
  uint32_t depth = 0;
  uint32_t module = kNoIndex;  // Index into Model::modules.
  bool is_reached = false;
  bool owns_variables = false;  // It, or an object below it.
};

struct Claim {
  uint32_t object = 0;
  uint32_t row = 0;  // Of Model::tensors.
  std::string_view name;
};

class Objects {
 public:
  Objects(std::string_view graph, std::string_view saved, Budget* budget,
          const Limits& limits, Model* model)
      : objects_(read_trackable_objects(graph, graph, budget)),
        budget_(*budget),
        limits_(limits),
        model_(model) {
    if (!saved.empty()) saved_ = read_saved_objects(saved, saved, budget);
    budget_.charge(objects_.size() * sizeof(Place));
    places_.resize(objects_.size());
  }

  void apply() {
    if (objects_.empty()) return;
    walk();
    find_variables();
    note_trained();
    name_variables();
    if (has_owner_of_note()) add_modules();
  }

 private:
  void walk() {
    places_[0].is_reached = true;
    if (!saved_.empty()) places_[0].saved = 0;
    std::deque<uint32_t> next = {0};
    while (!next.empty()) {
      uint32_t object = next.front();
      next.pop_front();
      if (places_[object].depth == limits_.source_depth) continue;
      auto names = saved_children(places_[object].saved);
      for (const ObjectChild& child : objects_[object].children) {
        if (child.node >= objects_.size()) continue;
        Place& place = places_[child.node];
        if (place.is_reached) continue;
        place = {object,   child.name, kNoIndex, places_[object].depth + 1,
                 kNoIndex, true,       false};
        auto same = names.find(child.name);
        if (same != names.end()) place.saved = same->second;
        next.push_back(child.node);
      }
    }
  }

  // By name, the objects that a saved object refers to.
  std::unordered_map<std::string_view, uint32_t> saved_children(
      uint32_t object) const {
    std::unordered_map<std::string_view, uint32_t> names;
    if (object == kNoIndex) return names;
    for (const ObjectChild& child : saved_[object].children) {
      if (child.node < saved_.size()) names.emplace(child.name, child.node);
    }
    return names;
  }

  const SavedObject* saved_of(uint32_t object) const {
    uint32_t saved = places_[object].saved;
    return saved == kNoIndex ? nullptr : &saved_[saved];
  }

  void find_variables() {
    std::unordered_map<std::string_view, uint32_t> rows;
    for (uint32_t i = 0; i < model_->tensors.size(); ++i) {
      const Tensor& tensor = model_->tensors[i];
      if (tensor.role == Role::kVariable) rows.emplace(tensor.name, i);
    }
    for (uint32_t i = 0; i < objects_.size(); ++i) {
      for (const ObjectVariable& variable : objects_[i].variables) {
        auto row = rows.find(variable.key);
        if (row == rows.end()) continue;
        budget_.charge(sizeof(Claim));
        claims_.push_back({i, row->second, name_of(i, variable)});
      }
    }
  }

  std::string_view name_of(uint32_t object,
                           const ObjectVariable& variable) const {
    if (!variable.name.empty()) return variable.name;
    const SavedObject* saved = saved_of(object);
    return saved == nullptr ? "" : saved->variable;
  }

  void note_trained() {
    for (const Claim& claim : claims_) {
      const SavedObject* saved = saved_of(claim.object);
      if (saved == nullptr) continue;
      model_->tensors[claim.row].requires_grad = saved->is_trained;
    }
  }

  // A name that several variables have goes to the first, which a model has
  // twice in lists of its variables. One without a scope ("kernel") says then
  // nothing.
  void name_variables() {
    std::unordered_map<std::string_view, uint32_t> counts;
    for (const Claim& claim : claims_) ++counts[claim.name];
    for (const Claim& claim : claims_) {
      uint32_t& count = counts[claim.name];
      bool is_scoped = claim.name.find('/') != std::string_view::npos;
      if (count == 0 || claim.name.empty() || (count > 1 && !is_scoped)) {
        continue;
      }
      count = 0;
      set_name(claim.name, &model_->tensors[claim.row]);
    }
  }

  void set_name(std::string_view name, Tensor* tensor) {
    if (name == tensor->name) return;
    budget_.charge(sizeof(TensorDetails) + name.size());
    auto details = tensor->details
                       ? std::make_shared<TensorDetails>(*tensor->details)
                       : std::make_shared<TensorDetails>();
    RecoveredName& recovered = details->recovered.emplace();
    recovered.name = name;
    recovered.evidence = "object-graph";
    tensor->details = std::move(details);
  }

  // The object that a variable is an attribute of.
  uint32_t owner_of(const Claim& claim) const {
    return places_[claim.object].parent;
  }

  // Whether the objects say more than that there are variables.
  bool has_owner_of_note() const {
    return std::ranges::any_of(claims_, [&](const Claim& claim) {
      uint32_t owner = owner_of(claim);
      return owner != kNoIndex && !is_container(owner);
    });
  }

  bool is_container(uint32_t object) const {
    if (const SavedObject* saved = saved_of(object)) {
      return std::ranges::find(kContainers, saved->type) != kContainers.end();
    }
    return std::ranges::all_of(
        objects_[object].children, [](const ObjectChild& child) {
          return std::ranges::all_of(
              child.name, [](unsigned char c) { return std::isdigit(c); });
        });
  }

  void add_modules() {
    for (const Claim& claim : claims_) {
      uint32_t object = owner_of(claim);
      while (object != kNoIndex && !places_[object].owns_variables) {
        places_[object].owns_variables = true;
        object = places_[object].parent;
      }
    }
    std::vector<uint32_t> stack = {0};
    while (!stack.empty()) {
      uint32_t object = stack.back();
      stack.pop_back();
      // An object can have several names for another.
      if (places_[object].module != kNoIndex) continue;
      add_module(object);
      const auto& children = objects_[object].children;
      for (size_t i = children.size(); i-- > 0;) {
        uint32_t child = children[i].node;
        if (child < places_.size() && places_[child].parent == object &&
            places_[child].owns_variables) {
          stack.push_back(child);
        }
      }
    }
    for (const Claim& claim : claims_) {
      uint32_t owner = owner_of(claim);
      if (owner == kNoIndex) continue;
      model_->tensors[claim.row].module = places_[owner].module;
    }
  }

  void add_module(uint32_t object) {
    Place& place = places_[object];
    Module module;
    if (place.parent != kNoIndex) {
      module.parent = places_[place.parent].module;
      module.path = model_->modules[module.parent].path;
      if (!module.path.empty()) module.path += '.';
      module.path += place.name;
    }
    if (const SavedObject* saved = saved_of(object)) module.type = saved->type;
    budget_.charge(sizeof(Module) + module.path.size());
    place.module = static_cast<uint32_t>(model_->modules.size());
    model_->modules.push_back(std::move(module));
  }

  std::vector<TrackableObject> objects_;
  std::vector<SavedObject> saved_;  // Empty if there is no such graph.
  std::vector<Place> places_;       // Of each object.
  std::vector<Claim> claims_;
  Budget& budget_;
  const Limits& limits_;
  Model* model_;
};

// The checkpoint's variable with the object graph; null if it has no values.
const Tensor* find_graph(const Model& model) {
  auto tensor = std::ranges::find(model.tensors, kGraphName, &Tensor::name);
  if (tensor == model.tensors.end() || tensor->dtype != DType::kString ||
      tensor->storage == kNoIndex || tensor->elements() != 1) {
    return nullptr;
  }
  return &*tensor;
}

}  // namespace

void read_object_graph(std::string_view saved, const Limits& limits,
                       Model* model) {
  const Tensor* tensor = find_graph(*model);
  if (tensor == nullptr) return;
  try {
    Bytes bytes =
        storage_bytes(*model, model->storages[tensor->storage], limits);
    // Of one string, its length comes first.
    std::string_view graph(reinterpret_cast<const char*>(bytes.data.data()),
                           bytes.data.size());
    graph.remove_prefix(std::min(sizeof(uint64_t), graph.size()));
    Budget budget(limits, graph.size() + saved.size());
    Objects(graph, saved, &budget, limits, model).apply();
  } catch (const Error& error) {
    model->findings.push_back({"object-graph", Severity::kWarning,
                               std::string(kGraphName), error.what()});
  }
}

}  // namespace tsinspect::tensorflow
