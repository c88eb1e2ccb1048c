// TorchScript source of any content: both depths of the parser, what is read
// from the trees, and what they are printed as.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "torchscript/classes.h"
#include "torchscript/parser.h"
#include "torchscript/print.h"
#include "torchscript/same_tree.h"
#include "torchscript/schema.h"
#include "tsinspect/error.h"

namespace {

using namespace tsinspect;
using namespace tsinspect::torchscript;

// What a tree is printed as must be read as the same.
void check_print(const Tree& tree) {
  Limits limits;
  limits.source_depth *= 3;
  std::string text = print(tree, tree.root);
  try {
    Tree again = parse(text, Depth::kBodies, limits);
    if (!same_tree(tree, tree.root, again, again.root)) abort();
  } catch (const Error&) {
    abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view source(reinterpret_cast<const char*>(data), size);

  bool is_valid = false;
  try {
    Tree tree = parse(source, Depth::kBodies);
    is_valid = true;
    for (NodeId id = 1; id < tree.nodes.size(); ++id) {
      const Node& node = tree[id];
      if (node.begin > node.end || node.end > size) abort();
      string_value(tree, id);
    }
    check_print(tree);
  } catch (const Error&) {
  }

  // Whoever reads whole files can read signatures and the bodies by themselves.
  try {
    Tree tree = parse(source, Depth::kSignatures);
    std::vector<ClassInfo> classes = read_classes(tree, "__torch__");
    if (auto legacy = read_legacy_module(tree, "m")) classes.push_back(*legacy);
    ClassKinds kinds;
    for (const ClassInfo& info : classes) kinds[info.name] = info.kind;
    for (const ClassInfo& info : classes) {
      for (const MethodInfo& method : info.methods) {
        schema_text(tree, method.node, info.name, kinds);
        NodeId body = as_function(tree, method.node).body;
        try {
          parse_body(source, tree.range(body));
        } catch (const Error&) {
          if (is_valid) abort();
        }
      }
    }
  } catch (const Error&) {
    if (is_valid) abort();
  }
  return 0;
}
