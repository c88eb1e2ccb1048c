// Serves a model: a row of numbers on each line of stdin is an input. Prints
// what every submodule puts out on the way, and then the output.

#include <tsinspect/libtorch/hooks.h>
#include <tsinspect/libtorch/load.h>

#include <iostream>
#include <iterator>
#include <sstream>

at::Tensor read_row(const std::string& line) {
  std::istringstream words(line);
  std::istream_iterator<float> first(words), last;
  return torch::tensor(std::vector<float>(first, last)).unsqueeze(0);
}

int main(int, char** argv) {
  tsinspect::HookableModule model(tsinspect::load(argv[1]));
  auto handle = model.register_forward_hook(
      "*", [](const tsinspect::HookContext& context, auto inputs,
              const c10::IValue& output) {
        std::cout << context.name() << " " << inputs[0].toTensor().sizes()
                  << ":\n"
                  << output << "\n";
      });
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << model.forward({read_row(line)}) << std::endl;
  }
}
