// What a file looks like that no reader takes.

#pragma once

#include <string>
#include <vector>

#include "format/format.h"

namespace tsinspect {

// "HTML page, not a model: the download got an error or login page; …": what
// the content looks like, and the step the user needs next.
std::string identify(const Input& input);

// The same for a folder that holds no one model, by the files it has; empty if
// it is of no known kind.
std::string identify_folder(const std::string& path);

// The first `most` names, fit for a message: "a.pt, b.pt and 3 more".
std::string name_list(const std::vector<std::string>& names, size_t most);

}  // namespace tsinspect
