// Functions that give what is computed in them.

#include <charconv>
#include <optional>

#include "export/tf_edits.h"
#include "export/tf_exposer.h"
#include "export/tf_types.h"
#include "tensorflow/fields.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using namespace tensorflow;

constexpr int kMaxDepth = 50;  // Of functions that call functions.

struct Reference {
  std::string_view node, port;
  size_t number = 0;
};

// "node:port:0"; unset for "^node" and the names of arguments.
std::optional<Reference> function_reference(std::string_view text) {
  if (text.starts_with('^')) return std::nullopt;
  size_t last = text.rfind(':');
  if (last == text.npos || last == 0) return std::nullopt;
  size_t first = text.rfind(':', last - 1);
  if (first == text.npos) return std::nullopt;
  Reference result = {text.substr(0, first),
                      text.substr(first + 1, last - first - 1), 0};
  const char* end = text.data() + text.size();
  auto [at, error] =
      std::from_chars(text.data() + last + 1, end, result.number);
  if (error != std::errc() || at != end) return std::nullopt;
  return result;
}

std::string key_of(const TfNode& node, const Reference& reference) {
  std::string key(node.name);
  if (!tf_is_first_port(node, reference.port)) {
    key += ':' + std::string(reference.port);
  }
  if (reference.number > 0) key += ':' + std::to_string(reference.number);
  return key;
}

}  // namespace

TfExposer::Changed TfExposer::change_function(const TfFunction& function,
                                              const std::string& call,
                                              int depth) {
  if (depth > kMaxDepth) {
    throw Error(ErrorKind::kLimit, "functions call functions too deep");
  }
  Changed changed;
  add_values(function, call, &changed);
  for (const TfNode& node : function.nodes) {
    if (node.is_call()) add_call(node, call, depth, &changed);
  }
  std::set<std::string, std::less<>> names(function.inputs.begin(),
                                           function.inputs.end());
  for (const TfOutputArg& output : function.outputs) names.emplace(output.name);
  size_t next = 0;
  for (TfValue& value : changed.values) {
    std::string& arg = value.arg;
    do {
      arg = "exposed_" + std::to_string(next++);
    } while (names.contains(arg));
    // The first function's outputs are put in order by who calls it.
    if (depth > 0) {
      changed.edits.append(function.signature, output_arg(arg, value.type));
    }
    changed.edits.append(
        function.message,
        bytes_field(function_def::kRet,
                    bytes_field(1, arg) + bytes_field(2, value.reference)));
  }
  return changed;
}

void TfExposer::add_values(const TfFunction& function, const std::string& scope,
                           Changed* changed) {
  std::unordered_map<std::string_view, const TfNode*> nodes;
  for (const TfNode& node : function.nodes) nodes.emplace(node.name, &node);
  // What it gives already, and what was looked at.
  std::unordered_set<std::string_view> known;
  for (const auto& [name, value] : function.returned) known.insert(value);
  auto add = [&](std::string_view text) {
    auto reference = function_reference(text);
    if (!reference || !known.insert(text).second) return;
    auto found = nodes.find(reference->node);
    if (found == nodes.end()) return;
    const TfNode& node = *found->second;
    // Of a call: what the function it calls gives.
    if (node.is_call()) return;
    std::string key = key_of(node, *reference);
    if (!is_chosen(node, key)) return;
    int64_t type = tf_output_type(node, reference->port, reference->number);
    if (type == 0) {
      if (!tf_is_handle(node, reference->port, reference->number)) {
        left_out_->push_back({key, no_type_reason(node)});
      }
      return;
    }
    changed->values.push_back({new_key(key, scope), std::string(text), node.op,
                               type, tf_output_shape(node, reference->number)});
  };
  for (const TfNode& node : function.nodes) {
    for (std::string_view input : node.inputs) add(input);
    if (is_tf_control_flow(node)) {
      left_out_->push_back(
          {std::string(node.name), "what is computed inside of " +
                                       std::string(node.op) + " stays there"});
    }
  }
}

void TfExposer::add_call(const TfNode& node, const std::string& scope,
                         int depth, Changed* changed) {
  auto attr = node.attrs.find("f");
  auto types = node.attrs.find("Tout");
  if (attr == node.attrs.end() || types == node.attrs.end()) return;
  TfFunctionName name = tf_function_name(attr->second);
  auto found = functions_.find(name.name);
  if (found == functions_.end() || barren_.contains(found->second)) return;
  std::string inner = scope.empty() ? std::string(node.name)
                                    : scope + '/' + std::string(node.name);
  Changed called = change_function(*found->second, inner, depth + 1);
  if (called.values.empty()) {
    barren_.insert(found->second);
    return;
  }
  std::string copy = copy_function(*found->second, &called.edits);
  changed->edits.replace(name.message, name.field,
                         bytes_field(name_attr_list::kName, copy));
  size_t number = tf_types(types->second).size();
  append_call_outputs(node, called.values, &changed->edits);
  for (TfValue& value : called.values) {
    value.reference =
        std::string(node.name) + ":output:" + std::to_string(number++);
    changed->values.push_back(std::move(value));
  }
}

std::string TfExposer::copy_function(const TfFunction& function,
                                     MessageEdits* edits) {
  // TensorFlow's loader takes a number at the end for its own.
  std::string name(function.name);
  for (int i = 0; function_names_.contains(name); ++i) {
    name = std::string(function.name) + "_exposed_" + std::to_string(i);
  }
  function_names_.insert(name);
  edits->replace(function.signature, function.name_field,
                 bytes_field(op_def::kName, name));
  PieceList copy = edits->apply(function.message);
  if (copy.size() > bytes_left_) {
    throw Error(ErrorKind::kLimit,
                "the functions that the signatures call would grow too large");
  }
  bytes_left_ -= copy.size();
  edits_->append(graph_.library,
                 bytes_field(function_def_library::kFunction, copy.text()));
  return name;
}

}  // namespace tsinspect
