#include "tsinspect/graph.h"

#include "base/printable.h"
#include "render/dot.h"
#include "render/text.h"
#include "report.h"

namespace tsinspect::cli {
namespace {

struct GraphCommandOptions {
  FileOptions files;
  std::string flow;
  std::optional<uint64_t> depth;
  bool all = false;

  void check() const {
    if (!flow.empty() && depth) {
      throw UsageError{"--depth is for modules; leave it out with --flow"};
    }
  }
  GraphOptions graph() const { return {depth.value_or(UINT64_MAX), all}; }
};

// Scopes that are only counted, for the picture to fit.
void note_folded_scopes(const Model& model, const Graph& graph,
                        Report& report) {
  uint64_t below = 0;
  for (const GraphNode& node : graph.nodes) below += node.below;
  if (model.dataflow == nullptr || below == 0) return;
  report.note(fmt::format("{} within others; --all draws each",
                          counted(below, "scope")));
}

void tell_notes(const Model& model, const Graph& graph, bool is_flow,
                Report& report) {
  report.tell(graph.findings);
  if (graph.truncated) {
    report.note(
        fmt::format("more than {} calls: the graph is cut", kGraphCalls));
  }
  note_folded_scopes(model, graph, report);
  if (!is_flow && model.form == Form::kTorchScriptFrozen) {
    report.note(
        "frozen: its root is the only module; `--flow forward` draws its "
        "operators");
  }
}

void run(const Model& model, const GraphCommandOptions& options,
         Report& report) {
  bool is_flow = !options.flow.empty();
  Graph graph = is_flow ? flow_graph(model, options.flow, options.graph())
                        : module_graph(model, options.graph());
  tell_notes(model, graph, is_flow, report);
  if (report.json) {
    report.json->member("graph", is_flow ? "flow" : "modules");
    if (is_flow) report.json->member("method", options.flow);
    return write_graph(*report.json, graph);
  }
  print_dot(report.out, report.file, graph,
            is_flow ? DotDirection::kDown : DotDirection::kRight);
}

Action setup(Options* options) {
  auto values = std::make_shared<GraphCommandOptions>();
  add_file_options(options, &values->files);
  options->push_back(names_from_option(&values->files.names_from));
  options->push_back({"--flow", "METHOD",
                      "Data flow of a method (layer1.forward) or graph (main)",
                      &values->flow});
  options->push_back({"--depth", "N",
                      "Modules N levels below the root, deeper ones in them",
                      &values->depth});
  options->push_back({"--all", "",
                      "Each repeat of a module; in a flow, shapes, too",
                      &values->all});
  return [values](Output& out) {
    values->check();
    return for_each_model(values->files, out,
                          [&](const Model& model, Report& report) {
                            run(model, *values, report);
                          });
  };
}

}  // namespace

Command graph_command() {
  return {"graph", "Which modules call which, or a method's data flow, as DOT",
          "  tsinspect graph model.pt | dot -Tsvg > model.svg\n"
          "  tsinspect graph model.pt --depth 2\n"
          "  tsinspect graph model.pt --flow layer1.conv1.forward\n"
          "  tsinspect graph frozen.pt --flow forward --json\n"
          "  tsinspect graph model.onnx --flow main\n",
          setup};
}

}  // namespace tsinspect::cli
