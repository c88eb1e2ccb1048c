// Finds the tensors and modules in an object graph, and names them.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rebuild/tensor_rebuilder.h"
#include "tsinspect/model.h"

namespace tsinspect {

// One entry of a module: a parameter, buffer, other attribute, or submodule.
struct ModuleMember {
  ObjectRef key;
  ObjectRef value;
  Role role;  // Of the tensors in it.
};

// An object that is a module, taken apart.
struct ModuleView {
  std::string type;
  uint32_t type_index = kNoIndex;  // Index into Model::types.
  std::optional<bool> training;
  std::vector<ModuleMember>
      members;  // Submodules last, in the order of their keys.
};

// Takes an object apart if it is a module; false if it is something else.
using ModuleReader = std::function<bool(ObjectRef object, ModuleView* view)>;

// A pickled torch.nn.Module, told by its `_parameters` and `_modules`.
bool read_python_module(const ObjectGraph& objects, ObjectRef object,
                        ModuleView* view);

// The class of an object: "torch.nn.modules.conv.Conv2d"; empty if unknown.
std::string_view class_name(const ObjectGraph& objects, ObjectRef object);

struct CollectOptions {
  ModuleReader read_module;
  Role role = Role::kTensor;  // Of tensors outside of modules.
  // List a module that several others have under each of its paths, as
  // TorchScript's named_modules() does, and not only under the first.
  bool repeat_modules = false;
  uint32_t path = kNoIndex;  // What all names start with.
  uint64_t name_bytes = 0;   // Limit for all names together.
};

// Appends to the model's tensors, paths and modules all that `root` holds:
// containers depth first, objects' arguments, items and attributes alike.
// Tensors of a module stand as parameters, buffers, attributes. Containers that
// are met again, shared or in a cycle, are not entered again. Throws Error.
void collect(ObjectRef root, const CollectOptions& options,
             TensorRebuilder* rebuilder, Model* model);

// collect() for what Python has pickled: the model's root, with the modules in
// it taken apart.
void collect_python(const Limits& limits, TensorRebuilder* rebuilder,
                    Model* model);

// The dotted name of a path.
std::string dotted_name(const Model& model, uint32_t path);

// Dotted names that together may not take more than so many bytes.
class NameBudget {
 public:
  explicit NameBudget(uint64_t bytes) : bytes_(bytes) {}

  // dotted_name(). Throws Error(kLimit) once all names so far take too much.
  std::string name(const Model& model, uint32_t path);

 private:
  uint64_t bytes_;
  uint64_t used_ = 0;
};

}  // namespace tsinspect
