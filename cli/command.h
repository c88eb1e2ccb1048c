// A subcommand. To add one, write commands/<name>.cpp that defines
// `Command <name>_command()`, and add it to the table in commands.cpp.

#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "options.h"
#include "output.h"

namespace tsinspect::cli {

// Exit statuses, the same for every command.
constexpr int kOk = 0;
constexpr int kNo = 1;      // The answer is "no": files differ, a check failed.
constexpr int kFailed = 2;  // Could not do it.

// Does a command's work once its options are parsed. Returns an exit status.
using Action = std::function<int(Output& out)>;

struct Command {
  const char* name;      // Names the file commands/<name>.cpp.
  const char* summary;   // One line, for `tsinspect --help`.
  const char* examples;  // Lines of `tsinspect …`, for the command's help.

  // Declares the options and returns what to run once they are parsed.
  Action (*setup)(Options* options);

  // Works only in the executable that is linked with LibTorch, which this one
  // becomes then.
  bool needs_libtorch = false;
  // Of those: does not load the file there, which would execute code from it.
  bool only_reads = false;
  // Of those: needs it for TorchScript only, and executes nothing else. Its
  // action throws NeedsLibtorch where it does.
  bool only_torchscript = false;

  bool executes() const { return needs_libtorch && !only_reads; }
};

// What an action throws, before it does anything, for a file that only the
// executable linked with LibTorch can do something with.
struct NeedsLibtorch {};

// All commands, in the order --help lists them.
std::span<const Command> commands();

// The row of that name; null if there is none.
const Command* find_command(std::string_view name);

}  // namespace tsinspect::cli
