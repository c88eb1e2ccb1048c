// TorchScript source on a terminal or a pipe.

#pragma once

#include <span>
#include <string_view>

#include "output.h"
#include "tsinspect/code.h"

namespace tsinspect::cli {

// Whether the output is a terminal whose user has not set NO_COLOR.
bool wants_colors(const Output& out);

// The line above a record: "# net/code/__torch__/models.py".
void print_code_heading(Output& out, std::string_view record, bool colors);

// The text as it is, but for what is not fit for a terminal, with notes, in the
// order of their offsets, as comments. Ends with a line end.
void print_code(Output& out, std::string_view text,
                std::span<const CodeNote> notes, bool colors);

}  // namespace tsinspect::cli
