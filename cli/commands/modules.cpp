#include <algorithm>

#include "render/table.h"
#include "render/text.h"
#include "report.h"
#include "tsinspect/module_tree.h"
#include "tsinspect/names.h"

namespace tsinspect::cli {
namespace {

struct ModulesOptions {
  FileOptions files;
  std::optional<uint64_t> depth;
  std::vector<std::string> filter;
};

// Deeper than people nest; what a hostile file nests more is only counted.
constexpr uint64_t kDefaultDepth = 64;

// A line of the tree: a node and how it hangs on the ones above it.
struct Line {
  uint32_t node;
  uint32_t depth;
  bool is_last;     // Of its parent's children.
  uint32_t upper;   // The line of its parent; kNoIndex for the root.
  uint32_t hidden;  // Children that --depth leaves out.
};

std::vector<Line> tree_lines(const ModuleTree& tree, uint64_t max_depth) {
  std::vector<Line> lines;
  std::vector<Line> open = {{0, 0, true, kNoIndex, 0}};
  while (!open.empty()) {
    Line line = open.back();
    open.pop_back();
    const auto& children = tree.nodes[line.node].children;
    auto index = static_cast<uint32_t>(lines.size());
    if (line.depth < max_depth) {
      for (size_t i = children.size(); i-- > 0;) {
        open.push_back(
            {children[i], line.depth + 1, i + 1 == children.size(), index, 0});
      }
    } else {
      line.hidden = static_cast<uint32_t>(children.size());
    }
    lines.push_back(line);
  }
  return lines;
}

// "│  ├─ " before the name of a module.
std::string branches(const std::vector<Line>& lines, const Line& line) {
  if (line.upper == kNoIndex) return {};
  std::string text = line.is_last ? "└─ " : "├─ ";
  for (const Line* up = &lines[line.upper]; up->upper != kNoIndex;
       up = &lines[up->upper]) {
    text.insert(0, up->is_last ? "   " : "│  ");
  }
  return text;
}

std::vector<Line> flat_lines(const ModuleTree& tree, const NameFilter& filter) {
  std::vector<Line> lines;
  for (uint32_t i = 0; i < tree.nodes.size(); ++i) {
    if (filter.matches(tree.nodes[i].path)) {
      lines.push_back({i, 0, true, kNoIndex, 0});
    }
  }
  return lines;
}

void print_text(const Model& model, const ModuleTree& tree,
                const ModulesOptions& options, Output& out) {
  if (tree.nodes.empty()) {
    out.text("no modules and no tensors in this file\n");
    return;
  }
  NameFilter filter(options.filter);
  auto lines = filter.empty()
                   ? tree_lines(tree, options.depth.value_or(kDefaultDepth))
                   : flat_lines(tree, filter);
  std::vector<Column> columns = {{.title = "module", .shrink = 1}};
  if (!tree.derived) columns.push_back({.title = "type", .shrink = 2});
  bool has_operators = std::ranges::any_of(
      tree.nodes, [](const ModuleNode& node) { return node.operators > 0; });
  if (has_operators) columns.push_back({.title = "nodes", .right = true});
  columns.push_back({.title = "own", .right = true});
  columns.push_back({.title = "parameters", .right = true});
  columns.push_back({.title = "buffers", .right = true});
  auto row = [&](size_t i, Cells& cells) {
    const Line& line = lines[i];
    const ModuleNode& node = tree.nodes[line.node];
    std::string_view name = filter.empty() ? node.name : node.path;
    if (node.parent == kNoIndex && name.empty()) name = "(root)";
    cells.tree(branches(lines, line), name, line.hidden);
    if (!tree.derived) cells.text(short_type(node.type));
    if (has_operators) cells.count(node.operators);
    cells.count(node.parameters.elements);
    cells.count(node.all_parameters.elements);
    cells.count(node.all_buffers.elements);
  };
  if (!lines.empty()) print_table(out, columns, lines.size(), row);
  const ModuleNode& root = tree.nodes[0];
  out.print("{}, {} in parameters, {} in buffers\n",
            counted(tree.nodes.size(), "module"),
            counted(root.all_parameters.elements, "element"),
            counted(root.all_buffers.elements, "element"));
  if (tree.derived) {
    out.print("the file has no modules; the tree is from {} names\n",
              has_operators ? "tensors' and nodes'" : "tensor");
  }
  if (model.form == Form::kTorchScriptFrozen) {
    uint64_t constants = 0;
    for (const Tensor& t : model.tensors)
      constants += t.role == Role::kConstant;
    out.print("frozen: {} belong to no module; see `tsinspect params`\n",
              counted(constants, "constant"));
  }
}

void write_count(Json& json, const char* tensors, const char* elements,
                 const TensorCount& count) {
  json.member(tensors, count.tensors);
  json.member(elements, count.elements);
}

void print_json(const ModuleTree& tree, const ModulesOptions& options,
                Json& json) {
  NameFilter filter(options.filter);
  json.member("derived", tree.derived);
  json.key("modules");
  json.begin_array();
  std::vector<uint64_t> depths(tree.nodes.size());
  for (size_t i = 0; i < tree.nodes.size(); ++i) {
    const ModuleNode& node = tree.nodes[i];
    if (node.parent != kNoIndex) depths[i] = depths[node.parent] + 1;
    if (options.depth && depths[i] > *options.depth) continue;
    if (!filter.matches(node.path)) continue;
    json.begin_object();
    json.member("path", node.path);
    json.member("type", node.type);
    write_count(json, "parameters", "parameter_elements", node.parameters);
    if (node.operators > 0) json.member("operators", node.operators);
    write_count(json, "buffers", "buffer_elements", node.buffers);
    json.member("total_parameter_elements", node.all_parameters.elements);
    json.member("total_buffer_elements", node.all_buffers.elements);
    json.key("children");
    json.begin_array();
    for (uint32_t child : node.children) json.value(tree.nodes[child].name);
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

Action setup(Options* options) {
  auto values = std::make_shared<ModulesOptions>();
  add_file_options(options, &values->files);
  options->push_back(
      {"--depth", "N", "Show N levels below the root", &values->depth});
  options->push_back({"--filter", "GLOB",
                      "Only these paths; `*` crosses dots, `!` negates",
                      &values->filter});
  return [values](Output& out) {
    return for_each_model(values->files, out,
                          [&](const Model& model, Report& report) {
                            ModuleTree tree = module_tree(model);
                            if (report.json) {
                              print_json(tree, *values, *report.json);
                            } else {
                              report.print_heading(model);
                              print_text(model, tree, *values, report.out);
                            }
                          });
  };
}

}  // namespace

Command modules_command() {
  return {"modules", "The module tree with types and parameter counts",
          "  tsinspect modules model.pt\n"
          "  tsinspect modules model.pt --depth 2\n"
          "  tsinspect modules model.pt --filter '*.attn'\n",
          setup};
}

}  // namespace tsinspect::cli
