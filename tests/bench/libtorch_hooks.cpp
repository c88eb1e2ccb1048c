// What hooks cost: a scripted model run as it is, twice over, as a
// HookableModule without a hook, and with every submodule's output captured,
// one after the other, round by round:
//
//   libtorch_hooks MODEL.pt INPUT.pt [ROUNDS]
//
// INPUT.pt is a tensor that torch.jit's pickle_save or torch.save wrote. Prints
// JSON: the median of each in milliseconds.

#include <torch/script.h>
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include "tsinspect/libtorch/capture.h"
#include "tsinspect/libtorch/load.h"
#include "tsinspect/libtorch/state_dict.h"

namespace {

struct Case {
  const char* name;
  std::function<void()> run;
  std::vector<double> times = {};
};

double milliseconds(const std::function<void()>& work) {
  auto start = std::chrono::steady_clock::now();
  work();
  std::chrono::duration<double, std::milli> taken =
      std::chrono::steady_clock::now() - start;
  return taken.count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  int rounds = argc > 3 ? std::atoi(argv[3]) : 30;
  torch::NoGradGuard no_grad;
  at::set_num_threads(2);
  tsinspect::LoadedModule loaded = tsinspect::load(argv[1]);
  at::Tensor input = tsinspect::load_state_dict(argv[2]).at(0).tensor.clone();
  tsinspect::HookableModule hookable(loaded);
  size_t captured = 0;
  auto plain = [&] { loaded.module.forward({input}); };
  std::vector<Case> cases = {
      {"plain", plain},
      {"plain again", plain},
      {"no hook", [&] { hookable.forward({input}); }},
      {"capture all",
       [&] {
         captured = tsinspect::capture(hookable, {input}).activations.size();
       }},
  };
  constexpr int kWarmUps = 3;
  for (int round = -kWarmUps; round < rounds; ++round) {
    // Each begins as many rounds as any other.
    std::rotate(cases.begin(), cases.begin() + 1, cases.end());
    for (Case& each : cases) {
      double taken = milliseconds(each.run);
      if (round >= 0) each.times.push_back(taken);
    }
  }
  std::printf("{\"captured\": %zu", captured);
  for (Case& each : cases) {
    std::sort(each.times.begin(), each.times.end());
    std::printf(", \"%s\": %.3f", each.name, each.times[each.times.size() / 2]);
  }
  std::printf("}\n");
}
