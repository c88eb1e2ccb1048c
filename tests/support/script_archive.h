// TorchScript archives with one record of source, from their text.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/pickle_builder.h"
#include "support/torch_file.h"
#include "support/zip_builder.h"

namespace tsinspect {

using ScriptMembers = std::vector<std::pair<std::string, pkl::Code>>;

// An object of the class "__torch__.<type>", with its attributes.
inline pkl::Code script_object(const std::string& type,
                               const ScriptMembers& members = {}) {
  std::vector<std::pair<pkl::Code, pkl::Code>> state = {
      {pkl::text("training"), pkl::boolean(false)}};
  for (const auto& [name, value] : members) {
    state.push_back({pkl::text(name), value});
  }
  return pkl::build(pkl::global("__torch__." + type) + ")\x81",
                    pkl::dict(state));
}

// The model whose root is that object and whose classes are in `source`.
inline Model script_model(const pkl::Code& root, const std::string& source,
                          const pkl::Code& constants = ")") {
  return opened(build_zip({{"net/data.pkl", pkl::pickle(root)},
                           {"net/code/__torch__.py", source},
                           {"net/constants.pkl", pkl::pickle(constants)},
                           {"net/data/0", "abcd"},
                           {"net/constants/0", "efgh"},
                           {"net/version", "10\n"}}));
}

}  // namespace tsinspect
