// The least that reading a TorchScript program takes: inflates the records of
// source that an archive has, and does nothing with them.

#include <cstdio>
#include <memory>
#include <string>

#include "format/format.h"
#include "zip/zip.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  tsinspect::Input input = tsinspect::open_input(argv[1], {});
  size_t bytes = 0;
  for (const tsinspect::Record& record : input.records) {
    if (!record.name.ends_with(".py")) continue;
    std::shared_ptr<const std::string> owner;
    bytes += tsinspect::inflated_bytes(input.data(), record, {}, &owner).size();
  }
  std::printf("%zu\n", bytes);
}
