#include "rebuild/collect.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/printable.h"
#include "tensor/build.h"

namespace tsinspect {
namespace {

// A value to look into, and the path to it.
struct Task {
  enum Key : uint8_t { kNoKey, kObjectKey, kIndexKey, kAttributeKey };

  ObjectRef value;
  uint32_t parent;  // Index into Model::paths.
  uint32_t key;     // An ObjectRef or an index.
  uint32_t module;  // Index into Model::modules.
  Key key_kind;
  Role role;
};

// Stands in a Task for "the module whose first tensor is row `key` is done".
constexpr ObjectRef kModuleEnd = kNoObject;

// Modules and tensors that repeated modules may add, on top of twice the
// graph's size: enough for any model, and an end for hostile ones.
constexpr size_t kSpareRows = 4096;

// The same for the members of modules.
constexpr uint64_t kMembersPerObject = 16;
constexpr uint64_t kSpareMembers = uint64_t{1} << 20;

bool may_hold_tensors(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kList:
    case ObjectKind::kTuple:
    case ObjectKind::kDict:
    case ObjectKind::kSet:
    case ObjectKind::kFrozenSet:
    case ObjectKind::kObject:
    case ObjectKind::kPersistent:
      return true;
    default:
      return false;
  }
}

class Collector {
 public:
  Collector(const CollectOptions& options, TensorRebuilder* rebuilder,
            Model* model)
      : options_(options),
        rebuilder_(*rebuilder),
        model_(*model),
        objects_(model->objects),
        entered_(model->objects.size()),
        row_limit_(model->tensors.size() + model->modules.size() +
                   2 * model->objects.size() + kSpareRows) {}

  void run(ObjectRef root) {
    Task task = {root, options_.path, 0, kNoIndex, Task::kNoKey, options_.role};
    tasks_.push_back(task);
    while (!tasks_.empty()) {
      task = tasks_.back();
      tasks_.pop_back();
      if (task.value == kModuleEnd) {
        sort_by_role(task.key);
      } else {
        visit(task);
      }
    }
  }

 private:
  void visit(Task task) {
    task.value = rebuilder_.unwrap(task.value);
    if (add_tensors(task)) return;
    ObjectKind kind = objects_.kind(task.value);
    if (kind == ObjectKind::kPersistent) return;
    ModuleView view;
    bool is_new = enter(task.value);
    if (!is_new && !options_.repeat_modules) return;
    if (take_apart(task.value, is_new, &view)) return enter_module(task, view);
    if (!is_new) return;
    size_t first = tasks_.size();
    add_children(task, path_of(task), task.value);
    std::reverse(tasks_.begin() + static_cast<ptrdiff_t>(first), tasks_.end());
  }

  // True if the value is a module. Of objects that are none, and of several
  // that have one state, that is asked once, and of modules not too often: it
  // takes time with the size of the state.
  bool take_apart(ObjectRef value, bool is_new, ModuleView* view) {
    if (!options_.read_module) return false;
    if (is_new) {
      ObjectRef state = objects_.state(value);
      if (state != kNoObject && !states_.insert(state).second) return false;
    } else if (!modules_.contains(value)) {
      return false;
    }
    if (!options_.read_module(value, view)) return false;
    modules_.insert(value);
    members_ += view->members.size();
    check_members();
    return true;
  }

  // True the first time.
  bool enter(ObjectRef value) {
    if (value >= entered_.size()) entered_.resize(value + 1);
    bool was_entered = entered_[value];
    entered_[value] = true;
    return !was_entered;
  }

  void enter_module(const Task& task, const ModuleView& view) {
    check_rows();
    uint32_t path = path_of(task);
    Module module;
    module.path = named(path);
    module.type = view.type;
    module.type_index = view.type_index;
    module.training = view.training;
    module.parent = task.module;
    auto row = static_cast<uint32_t>(model_.modules.size());
    model_.modules.push_back(std::move(module));
    if (task.module == kNoIndex) {
      Task end = {};
      end.value = kModuleEnd;
      end.key = static_cast<uint32_t>(model_.tensors.size());
      tasks_.push_back(end);
    }
    for (auto member = view.members.rbegin(); member != view.members.rend();
         ++member) {
      push({member->value, path, member->key, row, Task::kAttributeKey,
            member->role});
    }
  }

  void push(const Task& task) {
    if (may_hold_tensors(objects_.kind(task.value))) tasks_.push_back(task);
  }

  // Appends tasks for what `container` holds, in order, as if it all were in
  // the value of `task`.
  void add_children(const Task& task, uint32_t path, ObjectRef container) {
    Task child = task;
    child.parent = path;
    switch (objects_.kind(container)) {
      case ObjectKind::kDict:
        return add_pairs(child, objects_.items(container), Task::kObjectKey);
      case ObjectKind::kObject:
        return add_object(child, container);
      default:
        return add_items(child, objects_.items(container));
    }
  }

  void add_items(Task child, std::span<const ObjectRef> items) {
    child.key_kind = Task::kIndexKey;
    for (child.key = 0; child.key < items.size(); ++child.key) {
      child.value = items[child.key];
      push(child);
    }
  }

  void add_pairs(Task child, std::span<const ObjectRef> pairs,
                 Task::Key key_kind) {
    child.key_kind = key_kind;
    for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
      child.key = pairs[i];
      child.value = pairs[i + 1];
      push(child);
    }
  }

  void add_object(Task child, ObjectRef object) {
    ObjectRef arguments = objects_.arguments(object);
    if (rebuilder_.is_mapping(object)) {
      add_argument_pairs(child, arguments);
    } else if (enter(arguments)) {
      add_items(child, objects_.items(arguments));
    }
    if (ObjectRef list = objects_.list_items(object); list != kNoObject) {
      add_items(child, objects_.items(list));
    }
    if (ObjectRef dict = objects_.dict_items(object); dict != kNoObject) {
      add_pairs(child, objects_.items(dict), Task::kObjectKey);
    }
    ObjectRef state = objects_.state(object);
    if (state == kNoObject) return;
    if (objects_.kind(state) == ObjectKind::kObject) {
      // Objects may be each other's states in turn, so not by recursion.
      child.key_kind = Task::kNoKey;
      child.value = state;
      return push(child);
    }
    if (!enter(state)) return;
    if (objects_.kind(state) == ObjectKind::kDict) {
      add_pairs(child, objects_.items(state), Task::kAttributeKey);
    } else {
      add_children(child, child.parent, state);
    }
  }

  // Python 2 gives an OrderedDict its items as pairs: [[key, value], …].
  void add_argument_pairs(Task child, ObjectRef arguments) {
    auto items = objects_.items(arguments);
    if (items.empty() || !enter(items.back())) return;
    for (ObjectRef item : objects_.items(items.back())) {
      auto pair = objects_.items(item);
      if (pair.size() != 2 || !may_hold_tensors(objects_.kind(pair[1]))) {
        continue;
      }
      child.key = pair[0];
      child.key_kind = Task::kObjectKey;
      child.value = pair[1];
      push(child);
    }
  }

  uint32_t path_of(const Task& task) {
    if (task.key_kind == Task::kNoKey) return task.parent;
    PathStep step;
    step.parent = task.parent;
    step.is_attribute = task.key_kind == Task::kAttributeKey;
    step.key = task.key_kind == Task::kIndexKey ? objects_.add_int(task.key)
                                                : task.key;
    model_.paths.push_back(step);
    return static_cast<uint32_t>(model_.paths.size() - 1);
  }

  std::string named(uint32_t path) { return names_.name(model_, path); }

  void check_rows() const {
    if (model_.tensors.size() + model_.modules.size() < row_limit_) return;
    throw Error(ErrorKind::kLimit,
                "objects that are shared again and again make too many tensors "
                "and modules");
  }

  void check_members() const {
    if (members_ < kMembersPerObject * objects_.size() + kSpareMembers) return;
    throw Error(ErrorKind::kLimit,
                "modules that share their members again and again have too "
                "many of them");
  }

  bool add_tensors(const Task& task) {
    parts_.clear();
    try {
      if (!rebuilder_.rebuild(task.value, &parts_)) return false;
    } catch (const Error& error) {
      throw Error(
          error.kind(),
          fmt::format("tensor {}: {}", quoted(name_of(task)), error.what()));
    }
    uint32_t path = path_of(task);
    for (Part& part : parts_) {
      check_rows();
      part.tensor.name = named(path) + part.suffix;
      part.tensor.path = path;
      part.tensor.module = task.module;
      if (part.tensor.role == Role::kTensor || task.module != kNoIndex) {
        part.tensor.role = task.role;
      }
      check_tensor(model_, part.tensor);
      if (part.tensor.storage != kNoIndex) {
        ++model_.storages[part.tensor.storage].tensors;
      }
      model_.tensors.push_back(std::move(part.tensor));
    }
    return true;
  }

  std::string name_of(const Task& task) { return named(path_of(task)); }

  void sort_by_role(size_t begin) {
    auto first = model_.tensors.begin() + static_cast<ptrdiff_t>(begin);
    auto by_role = [](const Tensor& a, const Tensor& b) {
      return a.role < b.role;
    };
    if (!std::is_sorted(first, model_.tensors.end(), by_role)) {
      std::stable_sort(first, model_.tensors.end(), by_role);
    }
  }

  const CollectOptions& options_;
  TensorRebuilder& rebuilder_;
  Model& model_;
  ObjectGraph& objects_;
  std::vector<Task> tasks_;
  std::vector<bool> entered_;
  std::unordered_set<ObjectRef> modules_;
  std::unordered_set<ObjectRef> states_;  // Of the objects that were new.
  uint64_t members_ = 0;                  // Of all modules, repeated ones, too.
  std::vector<Part> parts_;
  size_t row_limit_;
  NameBudget names_{options_.name_bytes};
};

}  // namespace

void collect(ObjectRef root, const CollectOptions& options,
             TensorRebuilder* rebuilder, Model* model) {
  Collector(options, rebuilder, model).run(root);
}

}  // namespace tsinspect
