// What every command that runs a model takes.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libtorch/run_request.h"
#include "options.h"
#include "report.h"

namespace tsinspect::cli {

struct RunOptions {
  RunRequest request = {};  // Of each file, but for `path`.
  std::optional<uint64_t> seed = {};
  std::optional<uint64_t> threads = {};
  std::optional<uint64_t> timeout = {};  // In seconds.

  // The request for one file. Throws UsageError.
  RunRequest request_for(const std::string& file) const;
};

// Declares --input, --method, --seed, --device, --threads, and those of
// add_loading_options().
void add_run_options(Options* options, RunOptions* values);

// Which submodules, or operators, to look at.
struct Selection {
  std::vector<std::string> globs;
  bool nodes = false;  // Operators.

  std::vector<std::string> modules() const;
  std::vector<std::string> operators() const;
};

// Declares --module and --nodes.
void add_selection_options(Options* options, Selection* values);

// Declares --library.
Option library_option(std::vector<std::string>* target);

// Declares --library, --trust and --timeout.
void add_loading_options(Options* options, RunOptions* values);

// Does `work`, which loads or runs a model. Where it takes longer than
// --timeout, the file fails with "limit exceeded", and the process ends, with
// the JSON written so far completed: what runs cannot be stopped otherwise.
// `work` must not touch the report.
void run_within(const RunOptions& options, Report& report,
                const std::function<void()>& work);

}  // namespace tsinspect::cli
