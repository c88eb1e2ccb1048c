#include "tsinspect/expose.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/printable.h"
#include "export/expose_form.h"
#include "tsinspect/error.h"

namespace tsinspect {
namespace {

struct Row {
  ExposeForm form;
  Exposure (*expose)(const Model& model, const ExposeFileOptions& options);
};

constexpr std::array kRows = {
    Row{{Form::kOnnx, true}, expose_onnx},
    Row{{Form::kTfSavedModel, true}, expose_saved_model},
    Row{{Form::kTfFrozenPb, false}, list_frozen_graph},
};

const Row* find_row(Form form) {
  auto row = std::ranges::find_if(
      kRows, [&](const Row& row) { return row.form.form == form; });
  return row == kRows.end() ? nullptr : &*row;
}

}  // namespace

const ExposeForm* find_expose_form(Form form) {
  const Row* row = find_row(form);
  return row == nullptr ? nullptr : &row->form;
}

void check_exposed(const Exposure& result, const ExposeFileOptions& options) {
  if (!result.values.empty() || options.nodes.empty()) return;
  if (result.left_out.empty()) {
    throw Error(ErrorKind::kNotFound,
                "no node or value that is no output yet fits --nodes");
  }
  const UnexposedValue& first = result.left_out.front();
  throw Error(
      ErrorKind::kNotFound,
      fmt::format("no value can be exposed: {}{}: {}", printable(first.name),
                  result.left_out.size() == 1
                      ? ""
                      : fmt::format(" and {} more", result.left_out.size() - 1),
                  first.reason));
}

Exposure expose_file(const Model& model, const ExposeFileOptions& options) {
  const Row* row = find_row(model.form);
  if (row == nullptr) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("{} files have no graph to expose values of",
                            to_string(model.form)));
  }
  return row->expose(model, options);
}

}  // namespace tsinspect
