#include "render/compare.h"

#include <charconv>

#include "analysis/run_names.h"
#include "base/printable.h"
#include "export/golden.h"
#include "report.h"
#include "run_options.h"
#include "runner.h"
#include "tsinspect/recovered_names.h"

namespace tsinspect::cli {
namespace {

struct CommandOptions {
  std::string a, b;
  std::string golden, save_golden;
  RunOptions run;
  Selection selection;
  std::vector<std::string> filter, atol, rtol;
  bool force = false;
  bool nan_differs = false;
  bool all = false;
  bool json = false;
};

double parse_number(const char* option, std::string_view text) {
  double value;
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end && value >= 0) return value;
  throw UsageError{fmt::format("{} needs a number that is not negative, not {}",
                               option, tsinspect::quoted(text))};
}

// "1e-3" for all values, "layer4.*=1e-3" for some.
void add_tolerances(const char* option, const std::vector<std::string>& texts,
                    std::optional<double> RunTolerance::*which,
                    std::vector<RunTolerance>* tolerances) {
  for (const std::string& text : texts) {
    size_t at = text.rfind('=');
    RunTolerance tolerance;
    tolerance.glob = at == text.npos ? "*" : text.substr(0, at);
    std::string_view number = text;
    if (at != text.npos) number.remove_prefix(at + 1);
    tolerance.*which = parse_number(option, number);
    tolerances->push_back(std::move(tolerance));
  }
}

CompareRunsOptions make_options(const CommandOptions& options) {
  CompareRunsOptions result;
  result.filter = NameFilter(options.filter);
  add_tolerances("--atol", options.atol, &RunTolerance::atol,
                 &result.tolerances);
  add_tolerances("--rtol", options.rtol, &RunTolerance::rtol,
                 &result.tolerances);
  result.nan_differs = options.nan_differs;
  return result;
}

void check(const CommandOptions& options) {
  bool has_b = !options.b.empty(), has_golden = !options.golden.empty();
  if (has_b && has_golden) {
    throw UsageError{"either B or --golden is what A is compared with"};
  }
  if (!has_b && !has_golden && options.save_golden.empty()) {
    throw UsageError{"B, --golden or --save-golden is needed"};
  }
}

// The two runs' turn: as Report, for each of them one, under one object.
class Run {
 public:
  Run(const CommandOptions& options, Output& out)
      : options_(options),
        other_(options.b.empty() ? options.golden : options.b),
        out_(out),
        json_(out),
        report_a_(out, options.json ? &json_ : nullptr, options.a, 0, 2),
        report_b_(out, options.json ? &json_ : nullptr, other_, 1, 2) {}

  int run() {
    CompareRunsOptions compare_options = make_options(options_);
    if (options_.json) {
      json_.begin_object();
      json_.member("schema", "tsinspect/1");
      json_.member("file", options_.a);
      if (!other_.empty()) json_.member("other_file", other_);
    }
    std::optional<RunRecord> a = record(options_.a, report_a_);
    if (a && !options_.save_golden.empty()) save(*a);
    if (a && report_a_.status == kOk && !other_.empty()) {
      std::optional<RunRecord> b =
          options_.golden.empty() ? record(other_, report_b_) : golden();
      if (b && options_.golden.empty()) recover(&*a, &*b);
      if (b) compare(*a, *b, compare_options);
    }
    if (options_.json) finish_json(json_, report_a_, report_b_);
    return std::max({status_, report_a_.status, report_b_.status});
  }

 private:
  std::optional<RunRecord> record(const std::string& file, Report& report) {
    std::optional<RunRecord> result;
    report.guard([&] {
      RunRequest request = options_.run.request_for(file);
      RecordOptions record_options;
      record_options.modules = options_.selection.modules();
      record_options.operators = options_.selection.operators();
      RecordedRun recorded;
      run_within(options_.run, report, [&] {
        recorded = runner()->record_run(request, record_options);
      });
      for (const std::string& note : recorded.notes) report.note(note);
      result = std::move(recorded.record);
    });
    return result;
  }

  std::optional<RunRecord> golden() {
    std::optional<RunRecord> result;
    report_b_.guard([&] { result = read_golden(options_.golden); });
    return result;
  }

  // Names for what is left of a frozen model, from the other one.
  void recover(RunRecord* a, RunRecord* b) {
    report_a_.guard([&] {
      Model model_a = open_model(options_.a), model_b = open_model(options_.b);
      recover_names_of_both(&model_a, &model_b);
      add_recovered_names(model_a, a);
      add_recovered_names(model_b, b);
    });
  }

  void save(const RunRecord& record) {
    report_a_.guard([&] {
      write_golden(record, options_.save_golden, options_.force);
      if (options_.json) {
        json_.member("output", options_.save_golden);
      } else {
        out_.print("wrote {}: {} values\n", printable(options_.save_golden),
                   record.values.size());
      }
    });
  }

  void compare(const RunRecord& a, const RunRecord& b,
               const CompareRunsOptions& options) {
    report_a_.guard([&] {
      RunsDiff diff = compare_runs(a, b, options);
      CompareView view = {a, b, diff, options_.a, other_, options_.all};
      if (options_.json) {
        write_compare(json_, view);
      } else {
        print_compare(out_, view);
      }
      status_ = diff.same() ? kOk : kNo;
    });
  }

  const CommandOptions& options_;
  const std::string& other_;  // What A is compared with; empty if nothing.
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
       .help = "TorchScript file to run",
       .target = &values->a,
       .required = true},
      {.name = "B",
       .value = "",
       .help = "The one to compare it with: scripted, traced or frozen",
       .target = &values->b},
      {"--json", "", "Print one JSON object", &values->json},
      {"--golden", "FILE", "Compare with what was recorded, not with B",
       &values->golden},
      {"--save-golden", "OUT", "Write A's run: .npz or .safetensors",
       &values->save_golden},
      {"--force", "", "Replace OUT if it exists", &values->force},
      {"--all", "", "Every value, not only those that diverge", &values->all},
      filter_option(&values->filter),
      {"--atol", "[GLOB=]X", "Allow |a - b| up to X + rtol |a|", &values->atol},
      {"--rtol", "[GLOB=]X", "Allow that much of |a|", &values->rtol},
      {"--nan-differs", "", "A NaN is not equal to a NaN",
       &values->nan_differs},
  };
  add_selection_options(options, &values->selection);
  add_run_options(options, &values->run);
  return [values](Output& out) {
    check(*values);
    return Run(*values, out).run();
  };
}

}  // namespace

Command compare_command() {
  return {"compare", "The first value where two models' runs diverge",
          "  tsinspect compare a.pt b.pt --input 'rand(1,3,224,224)'\n"
          "  tsinspect compare a.pt frozen.pt --input x.npy --atol 'fc*=1e-3'\n"
          "  tsinspect compare a.pt --input x.npy --save-golden ref.npz\n"
          "  tsinspect compare a.pt --input x.npy --golden ref.npz\n",
          setup, true};
}

}  // namespace tsinspect::cli
