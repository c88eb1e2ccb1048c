// What calls there are in a method's graph, and of what.

#pragma once

#include <string>

#include "libtorch/torch.h"

namespace tsinspect {

// Whether a value of this type is a submodule: of a class, or whichever class
// has an interface.
bool is_module_type(const c10::TypePtr& type);

// The function with its graph; null for one in C++, and for null.
torch::jit::GraphFunction* graph_function(torch::jit::Function* function);

// What a prim::CallFunction calls.
torch::jit::Function* called_function(const torch::jit::Node& call);

// Whether `node` is a call of a forward hook that was compiled in behind a call
// of `object`, and takes its output.
bool is_compiled_hook(const torch::jit::Node& node,
                      const torch::jit::Value* object,
                      const torch::jit::Value* output);

// The last of the forward hooks compiled in behind `call`, or the call.
torch::jit::Node* last_compiled_hook(torch::jit::Node* call);

// The method as calls count it: what tracing called forward1, and an overload
// that scripting called forward__0, is forward.
std::string called_method(const c10::ClassType* type, const std::string& name);

// Whether values of this type are, or hold, tensors.
bool holds_tensors(const c10::TypePtr& type);

// Whether what a node does has tensors as result, blocks of its own left out.
bool puts_out_tensors(const torch::jit::Node& node);

// The object that a value of a method's graph is when the method runs on
// `self`, as far as attributes tell; else None.
c10::IValue object_at(const c10::IValue& self, const torch::jit::Value* value);

}  // namespace tsinspect
