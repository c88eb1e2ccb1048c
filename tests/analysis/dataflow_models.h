// Models with a graph, one line a node.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/hand_made.h"
#include "tsinspect/dataflow.h"

namespace tsinspect {

class HandDataflow {
 public:
  explicit HandDataflow(Form form) : flow_(std::make_shared<Dataflow>()) {
    model.form = form;
    model.dataflow = flow_;
    graph(DataflowGraphKind::kMain, "");
  }

  // Begins another graph, which takes the nodes that follow.
  uint32_t graph(DataflowGraphKind kind, const std::string& name) {
    DataflowGraph& row = flow_->graphs.emplace_back();
    row.kind = kind;
    row.name = own(name);
    row.scope = name;
    return static_cast<uint32_t>(flow_->graphs.size() - 1);
  }

  DataflowNode& node(const std::string& name, const std::string& op,
                     std::vector<std::string> inputs,
                     std::vector<std::string> outputs = {},
                     const std::string& message = "") {
    DataflowNode& row = flow_->nodes.emplace_back();
    row.name = own(name);
    row.op = own(op);
    row.graph = static_cast<uint32_t>(flow_->graphs.size() - 1);
    row.inputs = names(inputs);
    row.outputs = names(outputs.empty() ? std::vector{name} : outputs);
    row.message = own(message);
    flow_->graphs.back().nodes.push_back(
        static_cast<uint32_t>(flow_->nodes.size() - 1));
    return row;
  }

  void input(const std::string& name) { value(name, true); }
  void output(const std::string& name) { value(name, false); }

  Dataflow& flow() { return *flow_; }

  std::string_view own(const std::string& text) {
    return texts_.emplace_back(std::make_unique<std::string>(text))->c_str();
  }

  Model model;

 private:
  NameRange names(const std::vector<std::string>& all) {
    NameRange range = {static_cast<uint32_t>(flow_->names.size()),
                       static_cast<uint32_t>(all.size())};
    for (const std::string& name : all) flow_->names.push_back(own(name));
    return range;
  }
  void value(const std::string& name, bool is_input) {
    DataflowGraph& row = flow_->graphs.back();
    ValueInfo value = {own(name), "tensor", DType::kFloat32,
                       std::vector<Dimension>{{-1, "batch"}, {3, ""}}};
    (is_input ? row.inputs : row.outputs).push_back(value);
  }

  std::shared_ptr<Dataflow> flow_;
  std::vector<std::unique_ptr<std::string>> texts_;
};

}  // namespace tsinspect
