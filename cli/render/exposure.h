// What `expose` did to a file, and what it could not do.

#pragma once

#include "report.h"
#include "tsinspect/expose.h"

namespace tsinspect::cli {

// A line on stderr for each reason why values are left out.
void note_left_out(const Exposure& result, Report& report);

// `output` is what was written; empty where nothing is.
void print_exposure_text(const Exposure& result, const std::string& output,
                         Output& out);
void print_exposure_json(const Exposure& result, const std::string& output,
                         Json& json);

}  // namespace tsinspect::cli
