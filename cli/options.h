// The options and arguments of a command: one row each, which both the parser
// and the help text are made of.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tsinspect::cli {

// The command line makes no sense; `message` says why.
struct UsageError {
  std::string message;
};

// One option ("--top", with a value "N"; "--json", without one) or argument
// ("FILE"). What the user gives goes to `target`, which the command owns:
// a flag, a text, a text that may be given again and again, or a number.
struct Option {
  using Target = std::variant<bool*, std::string*, std::vector<std::string>*,
                              std::optional<uint64_t>*>;

  std::string name;
  std::string value;  // How the help calls the value; empty if none.
  std::string help;
  Target target;
  bool required = false;
  std::vector<std::string> choices = {};  // Empty: any value is fine.

  bool is_argument() const { return name[0] != '-'; }
};

using Options = std::vector<Option>;

// A number of threads as the user gives it: 0 where he does not.
inline uint32_t thread_count(std::optional<uint64_t> threads) {
  constexpr uint64_t kMost = 1024;
  uint64_t count = threads.value_or(0);
  return static_cast<uint32_t>(count < kMost ? count : kMost);
}

// Rows that several commands have.
inline Option csv_option(bool* target) {
  return {"--csv", "", "Print comma-separated values (RFC 4180)", target};
}
inline Option filter_option(std::vector<std::string>* target) {
  return {"--filter", "GLOB", "Only these names; `*` crosses dots, `!` negates",
          target};
}
inline Option top_option(std::optional<uint64_t>* target) {
  return {"--top", "N", "Only the first N", target};
}

// Fills the targets of `options` from `args`. Returns false if the user asked
// for help. Throws UsageError.
bool parse_options(const Options& options, std::vector<std::string> args);

// The usage line's tail ("[OPTIONS] FILE...") and the list of options.
std::string usage_text(const Options& options);
std::string help_text(const Options& options);

}  // namespace tsinspect::cli
