#include "runner.h"

namespace tsinspect::cli {
namespace {

const Runner* the_runner = nullptr;

}  // namespace

const Runner* runner() { return the_runner; }
void set_runner(const Runner* runner) { the_runner = runner; }

}  // namespace tsinspect::cli
