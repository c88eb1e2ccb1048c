// The module structure of a traced model, read off the Python call stacks that
// its debug records hold.

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tsinspect/code.h"

namespace tsinspect {

// Tells which module called each operator of one traced function. A module is
// known by the line of its parent that calls it, and by the file of its
// forward. Where a line of its own comes again after others, it is the next
// module of its kind: the second block of a Sequential.
class CallPaths {
 public:
  CallPaths() : instances_(1) {}

  // The path of the module that called an operator, without the root, and
  // without a leaf that is torch.nn's own: "container.block_1". Call it for
  // the operators in the order in which they run; `stack` is that of Origin.
  // Empty for the root, and where the stack does not tell.
  std::string path(std::string_view op, const std::vector<Frame>& stack);

 private:
  // One module's forward, and the functions that it called: the outermost
  // frame's file, and all their lines.
  struct Call {
    std::string_view file;
    std::vector<uint64_t> lines;
  };

  struct Instance {
    uint32_t parent = 0;
    std::string name;
    std::string file;
    std::vector<uint64_t> site;  // The lines of its parent that call it.
    std::set<std::string> seen;  // What it called, with the lines.
    std::string last;            // Of those.
    // Names of children, and how many were of that kind.
    std::map<std::string, uint32_t> child_names;
  };

  static std::vector<Call> module_calls(const std::vector<Frame>& stack);

  // How many of the open instances `calls` goes on in; `steps` is what each
  // calls now.
  size_t kept(const std::vector<Call>& calls,
              const std::vector<std::string>& steps) const;
  static size_t renewed_by_container(const std::vector<Call>& calls);
  void open(const std::vector<Call>& calls, size_t level);
  std::string unique_name(uint32_t parent, std::string_view file);

  std::vector<Instance> instances_;  // The first is the root.
  std::vector<uint32_t> open_{0};    // Those of the last path, from the root.
};

}  // namespace tsinspect
