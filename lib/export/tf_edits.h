// Edits to messages of TensorFlow that give a function, or a call of one, more
// outputs.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "export/message_edits.h"
#include "export/tf_exposer.h"
#include "export/tf_graph.h"

namespace tsinspect {

// An output of a function, in the order that they are to have.
struct OrderedOutput {
  static constexpr size_t kNew = SIZE_MAX;

  std::string key;
  size_t old = kNew;     // Its number until now.
  std::string arg = {};  // A new one's name in the function.
  int64_t type = 0;
  std::string_view shape = {};

  bool is_new() const { return old == kNew; }
};

// Gives a function, and a node that calls it, these outputs in this order.
void order_function_outputs(const TfFunction& function,
                            const std::vector<OrderedOutput>& order,
                            MessageEdits* edits);
void order_call_outputs(const TfNode& call,
                        const std::vector<OrderedOutput>& order,
                        MessageEdits* edits);
void append_call_outputs(const TfNode& call, const std::vector<TfValue>& values,
                         MessageEdits* edits);

// The field of an OpDef.
std::string output_arg(const std::string& name, int64_t type);

// The DictValue of a SavedConcreteFunction's outputs; its data() is null if
// they are no dict.
std::string_view structured_output_dict(std::string_view concrete_function);
// A field of it.
std::string structured_entry(const std::string& key, int64_t type,
                             const std::string& shape);

// The TensorShapeProto of a node's output; null if the file does not say.
std::string_view tf_output_shape(const TfNode& node, size_t number);

// Constants and variables, which are no activations.
bool is_tf_source(const TfNode& node);
// An operator without a tensor to fetch.
bool is_tf_without_output(const TfNode& node);
bool is_tf_control_flow(const TfNode& node);
// False if the operator has another port before this one.
bool tf_is_first_port(const TfNode& node, std::string_view port);

// A TensorShapeProto; of unknown rank where `shape` is null.
std::string tf_shape_or_unknown(std::string_view shape);

std::string no_type_reason(const TfNode& node);

}  // namespace tsinspect
