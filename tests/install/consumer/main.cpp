#include <tsinspect/values.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    tsinspect::Model model = tsinspect::open_model(argv[1]);
    std::cout << model.tensors.size() << " tensors\n";
    for (const tsinspect::Tensor& tensor : model.tensors) {
      std::cout << tensor.name << " " << sha256(model, tensor) << "\n";
    }
  } catch (const tsinspect::Error& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
