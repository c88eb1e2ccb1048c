#include <algorithm>

#include "command.h"

namespace tsinspect::cli {

Command activations_command();
Command buffers_command();
Command code_command();
Command compare_command();
Command diff_command();
Command export_command();
Command expose_command();
Command graph_command();
Command info_command();
Command modules_command();
Command ops_command();
Command params_command();
Command preflight_command();
Command records_command();
Command run_command();
Command show_command();
Command stats_command();
Command tensors_command();
Command verify_command();

std::span<const Command> commands() {
  static const Command kCommands[] = {
      info_command(),      params_command(),  buffers_command(),
      tensors_command(),   modules_command(), records_command(),
      show_command(),      code_command(),    ops_command(),
      graph_command(),     stats_command(),   diff_command(),
      export_command(),    run_command(),     activations_command(),
      expose_command(),    compare_command(), verify_command(),
      preflight_command(),
  };
  return kCommands;
}

const Command* find_command(std::string_view name) {
  auto all = commands();
  auto found = std::find_if(all.begin(), all.end(),
                            [&](const Command& c) { return c.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace tsinspect::cli
