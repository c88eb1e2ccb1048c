// Runs a command over its files: opens each, renders it, reports what failed,
// and goes on with the next.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "command.h"
#include "render/json.h"
#include "tsinspect/model.h"

namespace tsinspect::cli {

// What every command that reads files takes.
struct FileOptions {
  std::vector<std::string> files;
  bool json = false;
  std::string names_from = {};  // The original of frozen files; may be empty.
};

// Declares FILE... and --json.
void add_file_options(Options* options, FileOptions* values);

// Declares --names-from.
Option names_from_option(std::string* target);

// One file's turn: where its output goes and what went wrong so far.
class Report {
 public:
  Report(Output& out, Json* json, const std::string& file, size_t index,
         size_t count)
      : out(out), json(json), file(file), index(index), count(count) {}

  Output& out;
  Json* json;  // Null unless JSON is asked for; inside the file's object.
  const std::string& file;  // As the user named it.
  size_t index;             // Of this file, from 0.
  size_t count;             // Of files.

  // Tells the user, on stderr, and makes the exit status 2. The first of a
  // file is its "error" in JSON.
  void fail(const Error& error);
  void fail(const char* kind, const char* message, uint64_t offset);

  // Does `work`, and fails the file with what it throws.
  void guard(const std::function<void()>& work);

  // Tells the user something on stderr that does not fail the file.
  void note(const std::string& message);

  // Notes findings, and keeps them for JSON.
  void tell(const std::vector<Finding>& found);

  // "FILE: form" and, before it, a line's distance to the previous file.
  void print_heading(const Model& model);

  int status = kOk;

  // What the command found; in JSON, "findings" has them behind the model's.
  std::vector<Finding> findings;

  struct Failure {
    std::string kind;
    std::string message;
    uint64_t offset;
  };
  const std::optional<Failure>& failure() const { return failure_; }
  // Fails without a word, as another did that has told the user.
  void failed_as(const Report& other) { failure_ = other.failure_; }

 private:
  std::optional<Failure> failure_;
};

// Completes the JSON object of a file, whatever is open in it, with its
// "error". Nothing without JSON.
void finish_json(const Report& report);
// The same of an object that two files share: the error says whose it is.
void finish_json(Json& json, const Report& a, const Report& b);

using ModelOpener = std::function<Model(const std::string&, const Limits&)>;

// Opens each file and renders it, as text or as the members of a JSON object
// that already has "schema", "file" and "form", and gets "findings" and
// "error". `render` raises Report::status or throws Error to fail the file. A
// file that could be read in part is given to it only if `open` is
// open_partial.
int for_each_model(const FileOptions& options, Output& out,
                   const std::function<void(const Model&, Report&)>& render,
                   const ModelOpener& open = ModelOpener(open_model));

}  // namespace tsinspect::cli
