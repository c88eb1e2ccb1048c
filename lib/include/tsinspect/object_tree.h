// Walking the objects of a model by name, and saying what they are.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tsinspect/objects.h"

namespace tsinspect {

// One thing inside an object, and how Python reaches it.
struct Member {
  enum class Access : uint8_t { kKey, kIndex, kAttribute };

  Access access = Access::kKey;
  ObjectRef key = kNoObject;  // kKey and kAttribute.
  uint32_t index = 0;         // kIndex.
  ObjectRef value = kNoObject;
};

// The members of a dict, list, tuple or set; of an object, its dict items, its
// list items, then the attributes of its state. Empty for everything else.
std::vector<Member> members(const ObjectGraph& graph, ObjectRef ref);

// A member's step in a dotted name: the key's text, the index, the attribute.
std::string step_name(const ObjectGraph& graph, const Member& member);

// Python's name of the type: "dict", "int", "collections.OrderedDict",
// "argparse.Namespace"; "tensor" for what torch rebuilds a tensor from.
std::string type_name(const ObjectGraph& graph, ObjectRef ref);

// True for None, bool, int, float, str and bytes.
bool is_scalar(const ObjectGraph& graph, ObjectRef ref);

// True for the calls that torch pickles a tensor or a parameter as.
bool is_tensor(const ObjectGraph& graph, ObjectRef ref);

// One line of what Python's repr() would say, at most about `max_columns`
// long, with "…" for what is left out. Cycles end with the depth.
std::string one_line(const ObjectGraph& graph, ObjectRef ref,
                     size_t max_columns = 60);

// One line that says what an object is: its value if it is a scalar, else
// "dict, 3 keys", "list, 2 items", "tensor float32 [64, 3]".
std::string brief(const ObjectGraph& graph, ObjectRef ref);

// The object at a dotted path below `root` ("optimizer.param_groups.0.lr"), or
// kNoObject. Keys that hold dots are found, too, and so are the members of a
// pickled module that Python reaches through `_modules`, `_parameters` and
// `_buffers`. An empty path is the root.
ObjectRef lookup(const ObjectGraph& graph, ObjectRef root,
                 std::string_view path);

}  // namespace tsinspect
