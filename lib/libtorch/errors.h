// LibTorch's exceptions, turned into Error in one place.

#pragma once

#include <functional>
#include <string>

#include "tsinspect/error.h"

namespace tsinspect {

// What LibTorch says, without its C++ backtrace; "" is never returned.
std::string libtorch_message(const std::exception& error);

// Does `work`. Whatever LibTorch throws becomes an Error of this kind, with its
// message behind `doing` ("cannot load it: …"); an Error passes as it is.
void translate_errors(ErrorKind kind, const char* doing,
                      const std::function<void()>& work);

}  // namespace tsinspect
