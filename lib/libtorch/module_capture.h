// How capture() gets at what a HookableModule shares.

#pragma once

#include "tsinspect/libtorch/hooks.h"

namespace tsinspect {

class ModuleCapture {
 public:
  static HookState& state_of(const HookableModule& module) {
    return *module.state_;
  }
};

}  // namespace tsinspect
