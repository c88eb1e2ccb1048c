#include "tensor_listing.h"

namespace tsinspect::cli {
namespace {

Listing choose(const Model&) { return {"buffer", is_buffer}; }

Action setup(Options* options) { return setup_listing(options, choose); }

}  // namespace

Command buffers_command() {
  return {"buffers", "Named buffers, as a table with totals",
          "  tsinspect buffers model.pt\n"
          "  tsinspect buffers model.pt --filter '*.running_mean' --csv\n",
          setup};
}

}  // namespace tsinspect::cli
