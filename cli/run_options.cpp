#include "run_options.h"

#include "watchdog.h"

namespace tsinspect::cli {

RunRequest RunOptions::request_for(const std::string& file) const {
  RunRequest result = request;
  result.path = file;
  result.seed = seed.value_or(0);
  result.threads = thread_count(threads);
  return result;
}

void add_run_options(Options* options, RunOptions* values) {
  RunRequest& request = values->request;
  options->insert(
      options->end(),
      {{"--input", "VALUE",
        "rand(1,3,224,224), x.npy, 0.5, [1, 2], NAME=VALUE, …",
        &request.inputs},
       {"--method", "NAME", "Instead of forward", &request.method},
       {"--seed", "N", "Of random inputs and the model's own numbers (0)",
        &values->seed},
       {"--device", "DEVICE", "cpu (default), cuda, cuda:1, …",
        &request.device},
       {"--threads", "N", "Of an operator; else LibTorch's choice",
        &values->threads}});
  add_loading_options(options, values);
}

std::vector<std::string> Selection::modules() const {
  return nodes ? std::vector<std::string>{} : globs;
}

std::vector<std::string> Selection::operators() const {
  if (!nodes) return {};
  return globs.empty() ? std::vector<std::string>{"*"} : globs;
}

void add_selection_options(Options* options, Selection* values) {
  options->insert(
      options->end(),
      {{"--module", "GLOB", "Only these: PATH or PATH::METHOD; `!` negates",
        &values->globs},
       {"--nodes", "", "Operators, not submodules; GLOB is of name or kind",
        &values->nodes}});
}

Option library_option(std::vector<std::string>* target) {
  return {"--library", "PATH", "Load it first, for its operators and classes",
          target};
}

void add_loading_options(Options* options, RunOptions* values) {
  options->insert(
      options->end(),
      {library_option(&values->request.libraries),
       {"--trust", "", "Execute code that reaches outside of the process",
        &values->request.trust},
       {"--timeout", "SECONDS", "Give up, and end, after so long",
        &values->timeout}});
}

void run_within(const RunOptions& options, Report& report,
                const std::function<void()>& work) {
  if (!options.timeout) return work();
  Watchdog watchdog(*options.timeout, report);
  work();
}

}  // namespace tsinspect::cli
