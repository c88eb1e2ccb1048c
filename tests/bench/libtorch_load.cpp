// A model of 1 GiB, opened by load() and by torch::jit::load, and its tensors
// by load_state_dict() and by torch::jit::load, one after the other:
//
//   libtorch_load [MIB] [FOLDER]
//
// Prints the best of five of each in milliseconds, and the ratios. The file is
// in the system's cache.

#include <torch/script.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "tsinspect/libtorch/load.h"
#include "tsinspect/libtorch/state_dict.h"

namespace {

constexpr int64_t kTensors = 16;
constexpr int kRounds = 5;

void write_model(const std::string& path, int64_t mib) {
  torch::jit::Module module("Weights");
  int64_t elements = mib * (1 << 20) / 4 / kTensors;
  for (int64_t i = 0; i < kTensors; ++i) {
    module.register_parameter("w" + std::to_string(i), torch::rand({elements}),
                              false);
  }
  module.define("def forward(self, x):\n    return self.w0 + x\n");
  module.save(path);
}

double best_of(const std::function<void()>& work) {
  double best = 1e9;
  for (int i = 0; i < kRounds; ++i) {
    auto start = std::chrono::steady_clock::now();
    work();
    std::chrono::duration<double, std::milli> taken =
        std::chrono::steady_clock::now() - start;
    best = std::min(best, taken.count());
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  int64_t mib = argc > 1 ? std::atoll(argv[1]) : 1024;
  std::string folder =
      argc > 2 ? argv[2] : std::filesystem::temp_directory_path();
  std::string path = folder + "/tsinspect_libtorch_load.pt";
  write_model(path, mib);
  tsinspect::load(path);  // LibTorch's own start.
  double theirs = best_of([&] { torch::jit::load(path); });
  double ours = best_of([&] { tsinspect::load(path); });
  double state = best_of([&] { tsinspect::load_state_dict(path); });
  std::filesystem::remove(path);
  std::printf(
      "%lld MiB: torch::jit::load %.1f ms, load %.2f ms (1/%.0f), "
      "load_state_dict %.2f ms (1/%.0f)\n",
      static_cast<long long>(mib), theirs, ours, theirs / ours, state,
      theirs / state);
  return theirs / ours >= 20 ? 0 : 1;
}
