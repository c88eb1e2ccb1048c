#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "rebuild/collect.h"

namespace tsinspect {
namespace {

// Keys nest no deeper than this in a name; what lies deeper is "…".
constexpr int kMaxDepth = 4;

// Nor does a name that is as long as this get more keys of a tuple.
constexpr size_t kLongName = 4096;

// Text of the bytes that protocol 2 and before write as a call:
// _codecs.encode(text, 'latin1'); kNoObject for everything else.
ObjectRef encoded_text(const ObjectGraph& objects, ObjectRef key) {
  if (objects.global_name(key) != "_codecs.encode") return kNoObject;
  auto arguments = objects.items(objects.arguments(key));
  return arguments.empty() ? kNoObject : arguments[0];
}

// What Python's repr() says of a key, or, at the top, its str().
void append_key(const ObjectGraph& objects, ObjectRef key, int depth,
                std::string* out) {
  switch (objects.kind(key)) {
    case ObjectKind::kString:
      if (depth == 0) {
        *out += objects.bytes(key);
      } else {
        *out += quoted(objects.bytes(key));
      }
      return;
    case ObjectKind::kInt:
      *out += std::to_string(objects.integer(key));
      return;
    case ObjectKind::kBool:
      *out += objects.integer(key) ? "True" : "False";
      return;
    case ObjectKind::kNone:
      *out += "None";
      return;
    case ObjectKind::kFloat:
      *out += fmt::format("{}", objects.floating(key));
      return;
    case ObjectKind::kBytes:
      *out += "b" + quoted(objects.bytes(key));
      return;
    case ObjectKind::kTuple:
    case ObjectKind::kFrozenSet:
      break;
    default:
      if (ObjectRef text = encoded_text(objects, key); text != kNoObject) {
        *out += "b" + quoted(objects.bytes(text));
      } else {
        *out += fmt::format("<{}>", objects.global_name(key));
      }
      return;
  }
  auto items = objects.items(key);
  *out += '(';
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) *out += ", ";
    if (depth == kMaxDepth || i == 16 || out->size() > kLongName) {
      *out += "…";
      break;
    }
    append_key(objects, items[i], depth + 1, out);
  }
  *out += items.size() == 1 ? ",)" : ")";
}

std::vector<ObjectRef> keys_of(const Model& model, uint32_t path) {
  std::vector<ObjectRef> keys;
  for (; path != kNoIndex; path = model.paths[path].parent) {
    keys.push_back(model.paths[path].key);
  }
  std::reverse(keys.begin(), keys.end());
  return keys;
}

}  // namespace

std::string dotted_name(const Model& model, uint32_t path) {
  std::string name;
  if (path == kNoIndex) return name;
  if (model.paths[path].parent == kNoIndex) {
    append_key(model.objects, model.paths[path].key, 0, &name);
    return name;
  }
  for (ObjectRef key : keys_of(model, path)) {
    if (!name.empty()) name += '.';
    append_key(model.objects, key, 0, &name);
  }
  return name;
}

std::string NameBudget::name(const Model& model, uint32_t path) {
  std::string name = dotted_name(model, path);
  used_ += name.size();
  if (used_ > bytes_) {
    throw Error(ErrorKind::kLimit,
                fmt::format("names of tensors and modules take more than {} "
                            "bytes",
                            bytes_));
  }
  return name;
}

std::vector<std::string> key_path(const Model& model, uint32_t path) {
  std::vector<std::string> steps;
  for (ObjectRef key : keys_of(model, path)) {
    // Depth 1 is repr(), which tells 0 from '0'.
    append_key(model.objects, key, 1, &steps.emplace_back());
  }
  return steps;
}

}  // namespace tsinspect
