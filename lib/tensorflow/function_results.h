// What a function of the library gives back.

#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace tsinspect::tensorflow {

// Of a FunctionDef: the name of each result, and the value in the function that
// it is, "node:port:0". Throws Error(kMalformed).
std::vector<std::pair<std::string_view, std::string_view>> function_results(
    std::string_view function);

}  // namespace tsinspect::tensorflow
