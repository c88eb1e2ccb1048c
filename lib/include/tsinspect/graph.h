// What a TorchScript program does, as graphs: which modules call which, and how
// values flow through one method.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tsinspect/model.h"

namespace tsinspect {

enum class GraphNodeKind : uint8_t {
  kModule,      // module: of a module graph
  kParameter,   // parameter: of the method
  kConstant,    // constant: CONSTANTS.c3
  kAttribute,   // attribute: self.weight
  kOperator,    // operator
  kCall,        // call: of a module, a method or a function
  kConstruct,   // construct: a list, tuple or dict that is made of others
  kJoin,        // join: one of its inputs, as branches decide
  kAssignment,  // assignment: to an attribute
  kReturn,      // return
};

const char* to_string(GraphNodeKind kind);

// The texts are the file's own, neither printable nor in bounds. Those of a
// flow graph are cut to kGraphTextBytes, with "…" behind.
struct GraphNode {
  GraphNodeKind kind = GraphNodeKind::kModule;
  // In full: the path of a module, empty for the root; "aten::conv2d";
  // "__torch__.models.Net.forward"; "CONSTANTS.c3"; "self.conv1.weight".
  std::string name;
  // What a drawing calls it: "conv2d", a module's path without what its parent
  // in the graph has, "(root)", the recovered name of a constant.
  std::string label;
  std::string detail;  // A module's type, a tensor's "float32 [8, 3]".
  // Modules of a module graph that are drawn as this one, as its repeats
  // (itself among them) and because they lie below it.
  uint64_t repeats = 1;
  uint64_t below = 0;
};

enum class GraphEdgeKind : uint8_t {
  kCall,      // call: from the module that calls
  kContains,  // contains: from the parent of a module that no one calls
  kValue,     // value: from what makes it to what takes it
};

const char* to_string(GraphEdgeKind kind);

struct GraphEdge {
  uint32_t from = 0;  // Indices into Graph::nodes.
  uint32_t to = 0;
  GraphEdgeKind kind = GraphEdgeKind::kCall;
  // The method that is called, empty for forward; the argument that a constant
  // or attribute is; "[1]" for the second of several results.
  std::string label;
  uint64_t count = 1;  // Calls, as they are written: one in a loop is one.
};

struct Graph {
  std::vector<GraphNode> nodes;
  std::vector<GraphEdge> edges;  // By `from` in a module graph, in call order.
  // There is more than kGraphCalls to follow; the rest is left out.
  bool truncated = false;
  std::vector<Finding> findings;  // Source that could not be read.
};

// Calls that a module graph follows, and attributes on the way to them. Its
// nodes are no more than the modules. Those of a flow graph are no more than
// the operations of the method, and its edges than their arguments.
constexpr uint64_t kGraphCalls = 1'000'000;

// Bytes of a text in a flow graph.
constexpr size_t kGraphTextBytes = 200;

struct GraphOptions {
  // Levels of modules below the root; deeper ones are drawn as their ancestor.
  uint64_t depth = UINT64_MAX;
  // Leave nothing out: a module graph draws each repeat of a module, a flow
  // graph the arithmetic of shapes and conditions.
  bool all = false;
};

// Of a model that has a dataflow, its name scopes as modules, between which
// values flow; without scopes, its nodes.
//
// The modules of a TorchScript model, with the calls that its methods make,
// whichever the root's methods reach. The elements of a list of modules that
// are of one type, mangling aside, and have the same modules below them are
// drawn as one node where they stand side by side. Throws
// Error(kUnsupported) for a model of another form.
Graph module_graph(const Model& model, const GraphOptions& options = {});

// How values flow through one graph of a dataflow, "main", or that of a
// signature, or by its scope or name; constants and variables are drawn where
// they are taken.
//
// How values flow through one method: "forward", of the root;
// "layer1.conv1.forward"; "layer1.conv1", whose forward it is; or the qualified
// name of a method or function, "__torch__.models.Net.forward". Literals,
// casts and the parts of tuples are passed through; the body of a loop stands
// once, and what comes out of it joins what went in. Throws
// Error(kUnsupported) for a model of another form, and
// Error(kNotFound) where no method has that name.
Graph flow_graph(const Model& model, std::string_view method,
                 const GraphOptions& options = {});

}  // namespace tsinspect
