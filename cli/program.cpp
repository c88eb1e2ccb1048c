// Picks the command, parses its options, runs it, and turns whatever it throws
// into one line on stderr and an exit status.

#include "program.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/printable.h"
#include "command.h"
#include "libtorch_exec.h"
#include "runner.h"
#include "tsinspect/error.h"
#include "tsinspect/names.h"

namespace tsinspect::cli {
namespace {

constexpr const char* kExitStatuses =
    "Exit status: 0 fine; 1 the answer is \"no\" (a check failed); 2 could "
    "not\n"
    "do it (usage, unreadable or unsupported file).\n";

// What a command does with the file, for help.
struct Manner {
  bool needs_libtorch, executes, only_torchscript;
  const char* heading;  // Over the commands of this manner.
  const char* line;     // In the help of each.
};

// scripts/run.sh looks for "Needs LibTorch".
constexpr Manner kManners[] = {
    {false, false, false, "Commands:", ""},
    {true, true, false,
     "Commands that load the file in LibTorch, and so execute it:",
     "Needs LibTorch, in which it executes code from the file.\n\n"},
    {true, true, true,
     "Commands that do so with TorchScript, and execute no other form:",
     "For TorchScript needs LibTorch, in which it executes code from the file."
     "\nOther forms do not need it, and nothing of them is executed.\n\n"},
    {true, false, false, "Commands that need LibTorch, and execute nothing:",
     "Needs LibTorch, and executes nothing from the file.\n\n"},
};

bool is_of(const Command& command, const Manner& manner) {
  return command.needs_libtorch == manner.needs_libtorch &&
         command.executes() == manner.executes &&
         command.only_torchscript == manner.only_torchscript;
}

void print_commands(Output& out, const Manner& manner) {
  const char* heading = manner.heading;
  for (const Command& command : commands()) {
    if (!is_of(command, manner)) continue;
    if (heading) out.print("\n{}\n", std::exchange(heading, nullptr));
    out.print("  {:12}{}\n", command.name, command.summary);
  }
}

void print_help(Output& out) {
  out.text(
      "Look inside trained-model files without running them.\n\n"
      "Usage: tsinspect COMMAND [OPTIONS] FILE...\n"
      "       tsinspect FILE...          is tsinspect info FILE...\n");
  for (const Manner& manner : kManners) print_commands(out, manner);
  out.print(
      "\nEvery command takes --json and --help. `tsinspect --version` prints "
      "the version.\n\n{}",
      kExitStatuses);
}

void print_help(Output& out, const Command& command, const Options& options) {
  auto manner = std::ranges::find_if(
      kManners, [&](const Manner& m) { return is_of(command, m); });
  out.print(
      "{}.\n\nUsage: tsinspect {} {}\n\n{}Options:\n{}\nExamples:\n{}\n{}",
      command.summary, command.name, usage_text(options), manner->line,
      help_text(options), command.examples, kExitStatuses);
}

// The version of this program, and of the LibTorch it runs models with.
void print_version(Output& out) {
  out.text("tsinspect " TSINSPECT_VERSION "\n");
  if (runner()) {
    out.print("LibTorch {}\n", runner()->libtorch_version());
    return;
  }
  LibtorchProgram program = find_libtorch_program();
  if (program.problem.empty()) {
    out.print("LibTorch {}\n", printable(program.libtorch_version));
  } else {
    out.print("LibTorch commands do not work: {}\n", program.problem);
  }
}

int report_usage(const std::string& message, const char* command) {
  fmt::print(stderr, "tsinspect: usage: {}; try tsinspect {}{}--help\n",
             message, command, *command ? " " : "");
  return kFailed;
}

[[noreturn]] void reject_unknown_command(const std::string& name) {
  std::vector<std::string_view> names;
  for (const Command& command : commands()) names.push_back(command.name);
  std::string near = closest_name(name, names);
  throw UsageError{fmt::format("no command or file is named {}{}", quoted(name),
                               near.empty() ? "" : "; did you mean " + near)};
}

// The command that `first`, the word after the program's name, asks for:
// options and files are for `info`.
const Command& pick_command(const std::string& first) {
  if (const Command* named = find_command(first)) return *named;
  struct stat ignored;
  bool is_file = first[0] == '-' ||
                 first.find_first_of("./") != std::string::npos ||
                 stat(first.c_str(), &ignored) == 0;
  if (!is_file) reject_unknown_command(first);
  return *find_command("info");
}

int run_command(const Command& command, std::vector<std::string> args,
                char** argv, Output& out) {
  Options options;
  Action action = command.setup(&options);
  try {
    if (!parse_options(options, std::move(args))) {
      print_help(out, command, options);
      return kOk;
    }
  } catch (const UsageError& error) {
    return report_usage(error.message, command.name);
  }
  try {
    if (command.needs_libtorch && !command.only_torchscript && !runner()) {
      throw NeedsLibtorch{};
    }
    return action(out);
  } catch (const UsageError& error) {
    return report_usage(error.message, command.name);
  } catch (const NeedsLibtorch&) {
    fmt::print(stderr, "tsinspect: {}: {}\n", command.name,
               exec_libtorch(argv));
    return kFailed;
  }
}

int run(std::vector<std::string> args, char** argv, Output& out) {
  if (args.empty()) return report_usage("a command or a file is needed", "");
  if (args[0] == "--version") {
    print_version(out);
    return kOk;
  }
  if (args[0] == "--help" || args[0] == "-h" || args[0].empty()) {
    print_help(out);
    return args[0].empty() ? kFailed : kOk;
  }
  try {
    const Command& command = pick_command(args[0]);
    if (command.name == args[0]) args.erase(args.begin());
    return run_command(command, std::move(args), argv, out);
  } catch (const UsageError& error) {
    return report_usage(error.message, "");
  }
}

}  // namespace

int run_program(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    Output out(STDOUT_FILENO);
    int status = run({argv + (argc > 0), argv + argc}, argv, out);
    out.flush();
    return status;
  } catch (const ClosedPipe&) {
    return kOk;
  } catch (const OutputError& error) {
    fmt::print(stderr, "tsinspect: cannot write to standard output: {}\n",
               std::strerror(error.error));
  } catch (const std::exception& error) {
    fmt::print(stderr, "tsinspect: internal error: {}\n", error.what());
  }
  return kFailed;
}

}  // namespace tsinspect::cli
