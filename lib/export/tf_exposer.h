// Makes values inside of a SavedModel's graph outputs of its signatures.
//
// A signature of TensorFlow 1 names values of the main graph: it only gets more
// of them. One of TensorFlow 2 names the outputs of a node that calls a
// function, which calls another, and so on. Each function on that way gives
// what is computed in it, and in those it calls, as outputs more. The first
// belongs to the signature, and is changed; the others may be called from
// elsewhere, so that a copy of each, under a new name, is changed.

#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "export/message_edits.h"
#include "export/tf_graph.h"
#include "tsinspect/expose.h"

namespace tsinspect {

// A value that is to be given.
struct TfValue {
  std::string key;        // What the signature will call it.
  std::string reference;  // In its graph: "node:port:0", "node:0".
  std::string_view op;
  int64_t type = 0;             // DataType.
  std::string_view shape = {};  // TensorShapeProto; null where not known.
  std::string arg = {};         // The output of the function at hand.
};

class TfExposer {
 public:
  // All must outlive this object; edits are of the file the graph is in.
  // `most_bytes` bounds what is added.
  TfExposer(const TfMetaGraph& graph, const NameFilter& nodes,
            uint64_t most_bytes, MessageEdits* edits,
            std::vector<UnexposedValue>* left_out);

  struct Given {
    const TfSignature* signature;
    TfValue value;
  };
  // Makes the edits. What signatures give then, besides what they gave.
  std::vector<Given> run();

 private:
  using Values = std::vector<TfValue>;

  // Functions and their changes.
  struct Changed {
    MessageEdits edits;
    Values values;
  };
  Changed change_function(const TfFunction& function, const std::string& call,
                          int depth);
  void add_call(const TfNode& node, const std::string& scope, int depth,
                Changed* changed);
  void add_values(const TfFunction& function, const std::string& scope,
                  Changed* changed);
  std::string copy_function(const TfFunction& function, MessageEdits* edits);

  // Signatures.
  void expose(const TfSignature& signature);
  void expose_call(const TfSignature& signature, const TfNode& call);
  void expose_graph(const TfSignature& signature);
  void add_outputs(const TfSignature& signature, const Values& values);
  void add_structured_outputs(std::string_view function, const Values& values);
  void leave_out(const TfSignature& signature, const std::string& reason);

  bool is_chosen(const TfNode& node, std::string_view key) const;
  std::string new_key(std::string key, const std::string& scope);
  uint64_t callers_of(std::string_view function) const;

  const TfMetaGraph& graph_;
  const NameFilter& nodes_;
  uint64_t bytes_left_;
  MessageEdits* edits_;
  std::vector<UnexposedValue>* left_out_;
  std::vector<Given> given_;

  std::unordered_map<std::string_view, const TfNode*> main_nodes_;
  std::unordered_map<std::string_view, const TfFunction*> functions_;
  std::unordered_map<std::string_view, uint64_t> callers_;
  std::set<std::string, std::less<>> function_names_;
  std::set<std::string, std::less<>> keys_;  // Of the signature at hand.
  std::set<const TfNode*> changed_calls_;
  std::set<const TfFunction*> barren_;  // That have nothing to give.
};

}  // namespace tsinspect
