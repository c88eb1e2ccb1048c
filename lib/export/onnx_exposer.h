// Makes values inside of an ONNX model outputs of its graph: those of the graph
// itself, and, level by level, those of the graphs and functions in it, each
// given by the node that holds or calls them:
//
//   Loop, Scan   a scan output more: the values of all iterations
//   If           an output more, for which the other branch gives an empty
//                tensor
//   a function   an output more, of it and of the nodes that call it

#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "export/message_edits.h"
#include "export/onnx_graph.h"
#include "tsinspect/expose.h"

namespace tsinspect {

// A value of a graph that is to be given by who has the graph.
struct OnnxValue {
  std::string_view name;  // In its graph.
  std::string_view op;
  std::string type;  // TypeProto; empty if it is not known.
};

class OnnxExposer {
 public:
  // The model must outlive this object; its types are completed.
  OnnxExposer(OnnxModel* model, const NameFilter& nodes);

  // Makes the edits. What the main graph gives then, besides what it gave.
  std::vector<OnnxValue> run();

  MessageEdits& edits() { return edits_; }
  std::vector<UnexposedValue>& left_out() { return left_out_; }

 private:
  using Values = std::vector<OnnxValue>;

  Values graph_values(const OnnxGraph& graph, const std::string& scope,
                      int depth);
  void node_values(const OnnxGraph& graph, const OnnxNode& node,
                   const std::string& scope, std::set<std::string_view>* known,
                   Values* values);
  bool is_chosen(std::string_view value, const OnnxNode& node,
                 const std::string& scope) const;

  // Values that a node gives of the graphs in it, or of the function it calls.
  Values lifted(const OnnxNode& node, const std::string& scope, int depth);
  Values lift_loop(const OnnxNode& node, const std::string& scope, int depth);
  Values lift_branches(const OnnxNode& node, const std::string& scope,
                       int depth);
  Values lift_call(const OnnxNode& node, size_t function,
                   const std::string& scope, int depth);
  const Values& function_values(size_t function, int depth);

  // Leaves out all of them.
  void leave_out(const Values& values, const std::string& scope,
                 const std::string& reason);
  // All that would be chosen of the graphs in a node.
  void leave_out_graphs(const OnnxNode& node, const std::string& scope,
                        const std::string& reason, int depth);

  // Adds empty outputs to a node until it has `count`; false if it has more.
  bool fill_outputs(const OnnxNode& node, size_t count);
  // Adds an output to a node, named after the value; returns its name.
  std::string_view add_output(const OnnxNode& node, const std::string& scope,
                              std::string_view value);
  // Adds a value of the graph to its outputs.
  void give(const OnnxGraph& graph, std::string_view name,
            const std::string& type);
  std::string_view new_name(std::string name);

  OnnxModel* model_;
  const NameFilter& nodes_;
  MessageEdits edits_;
  std::vector<UnexposedValue> left_out_;
  std::deque<std::string> new_names_;
  std::map<std::vector<std::string_view>, size_t> functions_;
  std::map<size_t, Values> function_values_;
  std::set<size_t> open_functions_;  // Being looked at.
  int loops_ = 0;                    // Around the graph being looked at.
};

// The ValueInfoProto of a value; the type may be empty.
std::string onnx_value_info(std::string_view name, const std::string& type);

}  // namespace tsinspect
