// The signatures: what they call, and what they name.

#include "export/tf_exposer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <optional>

#include "export/tf_edits.h"
#include "export/tf_types.h"
#include "tensorflow/fields.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

using namespace tensorflow;

// TensorFlow Serving refuses signatures of these methods that have outputs of
// other names than theirs.
constexpr std::array<std::string_view, 2> kFixedMethods = {
    "tensorflow/serving/classify", "tensorflow/serving/regress"};

struct Reference {
  std::string_view node;
  size_t number = 0;
};

// "node:1", "node"; unset for "^node".
std::optional<Reference> main_reference(std::string_view text) {
  if (text.starts_with('^')) return std::nullopt;
  size_t colon = text.rfind(':');
  if (colon == text.npos) return Reference{text, 0};
  Reference result = {text.substr(0, colon), 0};
  const char* end = text.data() + text.size();
  auto [at, error] =
      std::from_chars(text.data() + colon + 1, end, result.number);
  if (error != std::errc() || at != end) return std::nullopt;
  return result;
}

}  // namespace

TfExposer::TfExposer(const TfMetaGraph& graph, const NameFilter& nodes,
                     uint64_t most_bytes, MessageEdits* edits,
                     std::vector<UnexposedValue>* left_out)
    : graph_(graph),
      nodes_(nodes),
      bytes_left_(most_bytes),
      edits_(edits),
      left_out_(left_out) {
  auto count_calls = [&](const TfNode& node) {
    auto attr = node.attrs.find("f");
    if (attr == node.attrs.end()) return;
    ++callers_[tf_function_name(attr->second).name];
  };
  for (const TfNode& node : graph.nodes) {
    main_nodes_.emplace(node.name, &node);
    count_calls(node);
  }
  for (const TfFunction& function : graph.functions) {
    functions_.emplace(function.name, &function);
    function_names_.emplace(function.name);
    for (const TfNode& node : function.nodes) count_calls(node);
  }
}

std::vector<TfExposer::Given> TfExposer::run() {
  for (const TfSignature& signature : graph_.signatures) expose(signature);
  return std::move(given_);
}

void TfExposer::leave_out(const TfSignature& signature,
                          const std::string& reason) {
  left_out_->push_back({"signature " + std::string(signature.key), reason});
}

void TfExposer::expose(const TfSignature& signature) {
  keys_.clear();
  const TfNode* node = nullptr;
  for (const TfSignatureOutput& output : signature.outputs) {
    keys_.emplace(output.key);
    auto reference = main_reference(output.name);
    auto found =
        reference ? main_nodes_.find(reference->node) : main_nodes_.end();
    if (found == main_nodes_.end()) {
      return leave_out(signature, "its outputs are no tensors of the graph");
    }
    node = found->second;
  }
  // The one that only initializes has an operation for its output.
  if (node == nullptr || node->op == "NoOp") return;
  if (std::ranges::find(kFixedMethods, signature.method) !=
      kFixedMethods.end()) {
    return leave_out(signature, std::string(signature.method) +
                                    " allows its own outputs only");
  }
  node->is_call() ? expose_call(signature, *node) : expose_graph(signature);
}

void TfExposer::expose_call(const TfSignature& signature, const TfNode& call) {
  auto attr = call.attrs.find("f");
  auto types = call.attrs.find("Tout");
  std::string_view name = attr == call.attrs.end()
                              ? std::string_view()
                              : tf_function_name(attr->second).name;
  auto found = functions_.find(name);
  if (found == functions_.end() || types == call.attrs.end()) {
    return leave_out(signature, "the function it calls is not there");
  }
  const TfFunction& function = *found->second;
  // By output of the function, which output of the signature it is.
  std::vector<const TfSignatureOutput*> outputs(function.outputs.size());
  for (const TfSignatureOutput& output : signature.outputs) {
    auto reference = main_reference(output.name);
    if (reference->node != call.name || reference->number >= outputs.size() ||
        outputs[reference->number] != nullptr) {
      return leave_out(signature, "its outputs are not those of one function");
    }
    outputs[reference->number] = &output;
  }
  if (std::ranges::count(outputs, nullptr) > 0 || callers_[name] != 1 ||
      !changed_calls_.insert(&call).second) {
    return leave_out(signature, "others use the function it calls, too");
  }
  Changed changed = change_function(function, "", 0);
  if (changed.values.empty()) return;

  // Who calls by the object graph expects outputs in order of their keys.
  std::vector<OrderedOutput> order;
  auto old_types = tf_types(types->second);
  for (size_t i = 0; i < outputs.size(); ++i) {
    order.push_back({.key = std::string(outputs[i]->key),
                     .old = i,
                     .type = i < old_types.size() ? old_types[i] : 0});
  }
  for (const TfValue& value : changed.values) {
    order.push_back({.key = value.key,
                     .arg = value.arg,
                     .type = value.type,
                     .shape = value.shape});
  }
  std::ranges::sort(order, {}, &OrderedOutput::key);
  order_function_outputs(function, order, edits_);
  order_call_outputs(call, order, edits_);
  // The function keeps its name, so its changes are made in the file.
  edits_->take(std::move(changed.edits));
  for (size_t i = 0; i < order.size(); ++i) {
    std::string place = std::string(call.name) + ':' + std::to_string(i);
    if (order[i].is_new()) {
      auto value =
          std::ranges::find(changed.values, order[i].key, &TfValue::key);
      value->reference = place;
    } else if (order[i].old != i) {
      const TfSignatureOutput& output = *outputs[order[i].old];
      edits_->replace(output.info, output.name_field,
                      bytes_field(tensor_info::kName, place));
    }
  }
  add_outputs(signature, changed.values);
  add_structured_outputs(function.name, changed.values);
}

void TfExposer::expose_graph(const TfSignature& signature) {
  std::unordered_set<std::string_view> given;  // Values it has already.
  std::unordered_set<std::string_view> inputs;
  std::vector<const TfNode*> open;
  std::unordered_set<const TfNode*> seen;
  auto visit = [&](std::string_view text) {
    auto reference = main_reference(text);
    auto found =
        reference ? main_nodes_.find(reference->node) : main_nodes_.end();
    if (found == main_nodes_.end()) return;
    if (inputs.contains(found->first)) return;
    if (seen.insert(found->second).second) open.push_back(found->second);
  };
  for (std::string_view name : signature.inputs) {
    if (auto reference = main_reference(name)) inputs.insert(reference->node);
  }
  for (const TfSignatureOutput& output : signature.outputs) {
    given.insert(output.name);
    visit(output.name);
  }
  // Which outputs of a node there are is seen from who takes them.
  std::map<std::pair<const TfNode*, size_t>, std::string> taken;
  while (!open.empty()) {
    const TfNode* node = open.back();
    open.pop_back();
    for (std::string_view input : node->inputs) {
      visit(input);
      auto reference = main_reference(input);
      if (!reference || inputs.contains(reference->node)) continue;
      auto found = main_nodes_.find(reference->node);
      if (found == main_nodes_.end()) continue;
      taken.try_emplace({found->second, reference->number},
                        std::string(reference->node) + ':' +
                            std::to_string(reference->number));
    }
  }
  Values values;
  for (const TfNode& node : graph_.nodes) {
    if (!seen.contains(&node)) continue;
    auto begin = taken.lower_bound({&node, 0});
    for (auto it = begin; it != taken.end() && it->first.first == &node; ++it) {
      const std::string& reference = it->second;
      size_t number = it->first.second;
      std::string key = number == 0 ? std::string(node.name) : reference;
      if (given.contains(reference) || !is_chosen(node, key)) continue;
      int64_t type = tf_output_type(node, "", number);
      if (type == 0) {
        if (!tf_is_handle(node, "", number)) {
          left_out_->push_back({key, no_type_reason(node)});
        }
        continue;
      }
      values.push_back({new_key(key, ""), reference, node.op, type,
                        tf_output_shape(node, number)});
    }
  }
  add_outputs(signature, values);
}

void TfExposer::add_outputs(const TfSignature& signature,
                            const Values& values) {
  for (const TfValue& value : values) {
    std::string info =
        bytes_field(tensor_info::kName, value.reference) +
        varint_field(tensor_info::kDtype, static_cast<uint64_t>(value.type)) +
        bytes_field(tensor_info::kTensorShape,
                    tf_shape_or_unknown(value.shape));
    std::string entry = bytes_field(1, value.key) + bytes_field(2, info);
    edits_->append(signature.message,
                   bytes_field(signature_def::kOutputs, entry));
    given_.push_back({&signature, value});
  }
}

void TfExposer::add_structured_outputs(std::string_view function,
                                       const Values& values) {
  auto found = graph_.concrete_functions.find(function);
  if (found == graph_.concrete_functions.end()) return;
  std::string_view dict = structured_output_dict(found->second);
  if (dict.data() == nullptr) return;
  for (const TfValue& value : values) {
    edits_->append(dict, structured_entry(value.key, value.type,
                                          tf_shape_or_unknown(value.shape)));
  }
}

bool TfExposer::is_chosen(const TfNode& node, std::string_view key) const {
  if (nodes_.empty()) return !is_tf_source(node);
  std::array<std::string_view, 3> names = {key, node.name, node.op};
  return nodes_.matches(names);
}

std::string TfExposer::new_key(std::string key, const std::string& scope) {
  if (keys_.contains(key) && !scope.empty()) key = scope + '/' + key;
  while (!keys_.insert(key).second) key += '_';
  return key;
}

}  // namespace tsinspect
