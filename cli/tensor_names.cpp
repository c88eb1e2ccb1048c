#include "tensor_names.h"

#include <string>

#include "base/printable.h"
#include "render/node.h"
#include "render/text.h"
#include "tsinspect/names.h"
#include "tsinspect/object_tree.h"

namespace tsinspect::cli {

std::vector<uint32_t> tensors_named(const Model& model, std::string_view name) {
  std::vector<uint32_t> rows;
  for (uint32_t i = 0; i < model.tensors.size(); ++i) {
    const std::string& own = model.tensors[i].name;
    if (own == name || model.tensors[i].display_name() == name ||
        (!is_plain(own) && printable(own) == name)) {
      rows.push_back(i);
    }
  }
  return rows;
}

Slice slice_of(const Tensor& tensor, std::string_view slice) {
  if (slice.empty()) return whole_slice(tensor.shape);
  return parse_slice(slice.substr(1, slice.size() - 2), tensor.shape);
}

void fail_not_found(const Model& model, std::string_view name) {
  std::string message = model.dataflow != nullptr
                            ? "no tensor, node or graph is named "
                            : "no tensor or object is named ";
  message += quoted(name);
  std::string prefix = std::string(name) + '.';
  std::vector<std::string> keys;
  if (model.root != kNoObject) {
    for (const Member& member : members(model.objects, model.root)) {
      keys.push_back(step_name(model.objects, member));
    }
  }
  std::vector<std::string_view> names(keys.begin(), keys.end());
  for (std::string_view node : names_in_graphs(model)) names.push_back(node);
  for (const Tensor& tensor : model.tensors) {
    if (tensor.display_name().starts_with(prefix)) {
      throw Error(ErrorKind::kNotFound,
                  message +
                      ", but tensors begin with it: see `tsinspect "
                      "tensors --filter " +
                      quoted(prefix + '*') + "`");
    }
    names.push_back(tensor.display_name());
  }
  std::string_view stem = name.substr(0, name.find('['));
  std::string near = closest_name(stem, names);
  if (!near.empty()) message += "; did you mean " + quoted(near) + "?";
  throw Error(ErrorKind::kNotFound, message);
}

}  // namespace tsinspect::cli
