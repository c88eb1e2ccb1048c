// Name scopes: the parts of nodes' names before the last one, which tell the
// modules of the program that a graph was made from.

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <ranges>
#include <unordered_map>
#include <unordered_set>

#include "analysis/dataflow_graph.h"
#include "analysis/dataflow_index.h"
#include "analysis/graph_nodes.h"
#include "tsinspect/dataflow.h"

namespace tsinspect {
namespace {

// Scopes that a picture shows unless all are asked for.
constexpr size_t kMostScopes = 200;
constexpr size_t kMostParts = 64;

std::vector<std::string_view> parts_of(std::string_view node) {
  std::vector<std::string_view> parts;
  while (parts.size() < kMostParts) {
    size_t slash = node.find('/');
    if (slash == node.npos) break;  // What is left is the node's own.
    if (slash > 0) parts.push_back(node.substr(0, slash));
    node.remove_prefix(slash + 1);
  }
  return parts;
}

// The first `depth` parts of a scope.
std::string cut_scope(const std::string& scope, uint64_t depth) {
  size_t end = 0;
  for (uint64_t i = 0; i < depth; ++i) {
    end = scope.find('/', end + (i > 0));
    if (end == std::string::npos) return scope;
  }
  return scope.substr(0, end);
}

class ScopePicture {
 public:
  ScopePicture(const Model& model, uint32_t graph, const GraphOptions& options)
      : model_(model), flow_(*model.dataflow), graph_(graph) {
    NodeScopes scopes(flow_, graph);
    for (uint32_t at : nodes()) {
      scopes_.emplace(at, scopes.of(flow_.nodes[at].name, '/'));
    }
    depth_ = options.depth;
    if (!options.all) depth_ = std::min(depth_, most_depth());
    for (uint32_t at : nodes()) see(at);
    add_edges();
    describe();
  }

  Graph take() { return std::move(picture_); }

 private:
  const std::vector<uint32_t>& nodes() const {
    return flow_.graphs[graph_].nodes;
  }

  // How deep scopes can be shown with no more of them than a picture takes.
  uint64_t most_depth() const {
    for (uint64_t depth = 1; depth < kMostParts; ++depth) {
      std::unordered_set<std::string> distinct;
      bool cuts = false;
      for (const auto& [at, scope] : scopes_) {
        std::string shown = cut_scope(scope, depth);
        cuts |= shown.size() < scope.size();
        distinct.insert(std::move(shown));
      }
      if (distinct.size() > kMostScopes) return depth > 1 ? depth - 1 : 1;
      if (!cuts) break;
    }
    return UINT64_MAX;
  }

  uint32_t see(uint32_t at) {
    const std::string& scope = scopes_[at];
    std::string shown = cut_scope(scope, depth_);
    auto [place, is_new] = drawn_.try_emplace(shown, 0);
    if (is_new) {
      place->second = add_node(&picture_, GraphNodeKind::kModule, shown,
                               shown.empty() ? "(root)" : shown, "");
      below_.emplace_back();
      operators_.emplace_back();
    }
    uint32_t node = place->second;
    if (shown.size() < scope.size()) below_[node].insert(scope);
    ++operators_[node][flow_.nodes[at].op];
    node_of_[at] = node;
    return node;
  }

  void add_edges() {
    DataflowIndex index(model_);
    const DataflowGraph& graph = flow_.graphs[graph_];
    std::unordered_map<uint32_t, uint32_t> inputs;
    auto from = [&](std::string_view value) {
      ValueSource source = index.find(graph_, value);
      if (source.graph != graph_) return kNoIndex;
      if (source.kind == ValueSource::Kind::kNode) {
        return node_of_[source.index];
      }
      if (source.kind != ValueSource::Kind::kInput) return kNoIndex;
      auto [place, is_new] = inputs.try_emplace(source.index, 0);
      if (is_new) {
        const ValueInfo& input = graph.inputs[source.index];
        place->second = add_node(&picture_, GraphNodeKind::kParameter,
                                 input.name, input.name, value_text(input));
      }
      return place->second;
    };
    for (uint32_t at : nodes()) {
      for (std::string_view value : flow_.of(flow_.nodes[at].inputs)) {
        if (!value.empty() && !is_control(value)) {
          add_edge(from(value), node_of_[at]);
        }
      }
    }
    for (const ValueInfo& output : graph.outputs) {
      uint32_t source = from(index.output_value(graph_, output.name));
      uint32_t node = add_node(&picture_, GraphNodeKind::kReturn, output.name,
                               output.name, value_text(output));
      add_edge(source, node);
    }
    for (const auto& [ends, count] : edges_) {
      picture_.edges.push_back(
          {ends.first, ends.second, GraphEdgeKind::kValue, "", count});
    }
  }

  void add_edge(uint32_t from, uint32_t to) {
    if (from != kNoIndex && from != to) ++edges_[{from, to}];
  }

  // "Conv 2, Relu": what most of the nodes of a scope are.
  void describe() {
    constexpr size_t kShown = 3;
    for (size_t i = 0; i < operators_.size(); ++i) {
      std::vector<std::pair<uint64_t, std::string_view>> counts;
      for (const auto& [op, count] : operators_[i]) {
        counts.emplace_back(count, op);
      }
      std::ranges::stable_sort(counts, std::greater(),
                               [](const auto& row) { return row.first; });
      std::string text;
      for (const auto& [count, op] : counts | std::views::take(kShown)) {
        text += fmt::format("{}{}", text.empty() ? "" : ", ", op);
        if (count > 1) text += fmt::format(" ×{}", count);
      }
      if (counts.size() > kShown) text += ", …";
      picture_.nodes[i].detail = clipped_text(text);
      picture_.nodes[i].below = below_[i].size();
    }
  }

  const Model& model_;
  const Dataflow& flow_;
  uint32_t graph_;
  uint64_t depth_ = UINT64_MAX;
  std::unordered_map<uint32_t, std::string> scopes_;
  std::unordered_map<std::string, uint32_t> drawn_;
  std::unordered_map<uint32_t, uint32_t> node_of_;
  std::vector<std::unordered_set<std::string>> below_;
  std::vector<std::map<std::string_view, uint64_t>> operators_;
  std::map<std::pair<uint32_t, uint32_t>, uint64_t> edges_;
  Graph picture_;
};

}  // namespace

std::string scope_path(std::string_view node, char separator) {
  std::string path;
  std::string_view last;
  size_t before = 0;  // Where the last part begins.
  for (std::string_view part : parts_of(node)) {
    // torch's exporter repeats the list that a module is in: layer1/layer1.0.
    bool repeats = !last.empty() && part.size() > last.size() &&
                   part.starts_with(last) && part[last.size()] == '.';
    if (repeats) path.resize(before);
    before = path.size();
    if (!path.empty()) path += separator;
    path += part;
    last = part;
  }
  return path;
}

NodeScopes::NodeScopes(const Dataflow& flow, uint32_t graph) {
  for (uint32_t at : flow.graphs[graph].nodes) {
    nodes_.insert(flow.nodes[at].name);
  }
}

std::string NodeScopes::of(std::string_view name, char separator) const {
  for (size_t slash = name.rfind('/'); slash != name.npos && slash > 0;
       slash = name.rfind('/')) {
    if (!nodes_.contains(name.substr(0, slash))) break;
    name = name.substr(0, slash);
  }
  return scope_path(name, separator);
}

Graph dataflow_scope_graph(const Model& model, const GraphOptions& options) {
  uint32_t graph = body_graph(model);
  if (graph == kNoIndex) return {};
  const Dataflow& flow = *model.dataflow;
  bool has_scopes =
      std::ranges::any_of(flow.graphs[graph].nodes, [&](uint32_t at) {
        return !scope_path(flow.nodes[at].name, '/').empty();
      });
  if (has_scopes) return ScopePicture(model, graph, options).take();
  const std::string& scope = flow.graphs[graph].scope;
  return dataflow_flow_graph(model, scope.empty() ? "main" : scope, options);
}

}  // namespace tsinspect
