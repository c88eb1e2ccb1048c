#include "render/diff.h"

#include <algorithm>
#include <charconv>

#include "base/printable.h"
#include "progress.h"
#include "report.h"
#include "tsinspect/recovered_names.h"

namespace tsinspect::cli {
namespace {

struct CommandOptions {
  std::string a, b;
  std::vector<std::string> strip_prefix, map, tol, filter;
  std::string atol, rtol;
  std::optional<uint64_t> threads;
  bool values = false;
  bool nan_differs = false;
  bool all = false;
  bool json = false;
};

double parse_tolerance(const char* option, std::string_view text) {
  double value;
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end && value >= 0) return value;
  throw UsageError{fmt::format("{} needs a number that is not negative, not {}",
                               option, tsinspect::quoted(text))};
}

// The parts of "LEFT=RIGHT".
std::pair<std::string, std::string> parse_pair(const char* option,
                                               const std::string& text,
                                               size_t at) {
  if (at == std::string::npos || at == 0) {
    throw UsageError{fmt::format("{} needs two parts with a = between, not {}",
                                 option, tsinspect::quoted(text))};
  }
  return {text.substr(0, at), text.substr(at + 1)};
}

DiffOptions make_options(const CommandOptions& options) {
  DiffOptions result;
  result.filter = NameFilter(options.filter);
  result.strip_prefixes = options.strip_prefix;
  for (const std::string& text : options.map) {
    auto [from, to] = parse_pair("--map", text, text.find('='));
    result.maps.push_back({from, to});
  }
  if (!options.atol.empty()) {
    result.tolerance.atol = parse_tolerance("--atol", options.atol);
  }
  if (!options.rtol.empty()) {
    result.tolerance.rtol = parse_tolerance("--rtol", options.rtol);
  }
  for (const std::string& text : options.tol) {
    auto [glob, value] = parse_pair("--tol", text, text.rfind('='));
    result.tolerances.push_back({glob, parse_tolerance("--tol", value)});
  }
  result.nan_differs = options.nan_differs;
  result.threads = thread_count(options.threads);
  return result;
}

// The two files' turn: as Report, for each of them one, under one object.
class Run {
 public:
  Run(const CommandOptions& options, Output& out)
      : options_(options),
        out_(out),
        json_(out),
        report_a_(out, nullptr, options.a, 0, 2),
        report_b_(out, nullptr, options.b, 1, 2) {}

  int run() {
    DiffOptions diff_options = make_options(options_);
    if (options_.json) {
      json_.begin_object();
      json_.member("schema", "tsinspect/1");
      json_.member("file", options_.a);
      json_.member("other_file", options_.b);
    }
    std::optional<Model> a = open(options_.a, report_a_);
    std::optional<Model> b = open(options_.b, report_b_);
    if (a && b) {
      report_a_.guard([&] {
        recover_names_of_both(&*a, &*b);
        compare(*a, *b, diff_options);
      });
    }
    if (options_.json) finish_json(json_, report_a_, report_b_);
    return std::max({status_, report_a_.status, report_b_.status});
  }

 private:
  static std::optional<Model> open(const std::string& file, Report& report) {
    std::optional<Model> model;
    report.guard([&] { model = open_model(file); });
    return model;
  }

  void compare(const Model& a, const Model& b, DiffOptions options) {
    if (options_.json) {
      json_.member("form", to_string(a.form));
      json_.member("other_form", to_string(b.form));
    }
    Diff diff = with_progress(a, b, std::move(options));
    const CodeDiff& code = diff.code;
    bool nothing = diff.pairs.empty() && diff.added.empty() &&
                   diff.removed.empty() && code.compared_methods == 0 &&
                   code.same();
    if (nothing && !options_.filter.empty() && diff.failures.empty()) {
      throw Error(ErrorKind::kNotFound,
                  "no tensor of the two files passes --filter");
    }
    DiffView view = {a, b, diff, options_.all, options_.values};
    if (options_.json) {
      write_diff(json_, view);
    } else {
      print_diff(out_, view);
    }
    for (const DiffFailure& failure : diff.failures) {
      (failure.in_b ? report_b_ : report_a_).fail(failure.error);
    }
    status_ = diff.same() ? kOk : kNo;
  }

  static Diff with_progress(const Model& a, const Model& b,
                            DiffOptions options) {
    uint64_t bytes = 0;
    for (const Tensor& tensor : a.tensors) bytes += tensor.size_bytes();
    Progress progress(bytes);
    options.progress = [&](uint64_t done) { progress.add(done); };
    return tsinspect::diff(a, b, options);
  }

  const CommandOptions& options_;
  Output& out_;
  Json json_;
  Report report_a_, report_b_;
  int status_ = kOk;
};

Action setup(Options* options) {
  auto values = std::make_shared<CommandOptions>();
  *options = {
      {.name = "A",
       .value = "",
       .help = "Model file, or a folder that holds one",
       .target = &values->a,
       .required = true},
      {.name = "B",
       .value = "",
       .help = "The one to compare it with, of any form",
       .target = &values->b,
       .required = true},
      {"--json", "", "Print one JSON object", &values->json},
      {"--all", "", "All that differs, tensors with all measures",
       &values->all},
      {"--values", "", "Print the edges of the worst tensors", &values->values},
      filter_option(&values->filter),
      {"--strip-prefix", "TEXT", "Compare names without this beginning",
       &values->strip_prefix},
      {"--map", "OLD=NEW", "What A calls OLD, B calls NEW; `*` in both",
       &values->map},
      {"--atol", "X", "Allow |a - b| up to X + rtol |a|", &values->atol},
      {"--rtol", "X", "Allow that much of |a|", &values->rtol},
      {"--tol", "GLOB=X", "Another --atol for these names", &values->tol},
      {"--nan-differs", "", "A NaN is not equal to a NaN",
       &values->nan_differs},
      {"--threads", "N", "Use N threads", &values->threads},
  };
  return [values](Output& out) { return Run(*values, out).run(); };
}

}  // namespace

Command diff_command() {
  return {"diff", "What differs between two models, down to the values",
          "  tsinspect diff old.pt new.safetensors\n"
          "  tsinspect diff a.pt b.pt --rtol 1e-3 --tol 'layer4.*=1e-2'\n"
          "  tsinspect diff a.pt b.pt --map 'backbone.*=encoder.*'\n"
          "  tsinspect diff a.pt b.pt --all --values --filter 'head.*'\n",
          setup};
}

}  // namespace tsinspect::cli
