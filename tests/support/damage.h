// Files that were cut off, or of which a byte is wrong.

#pragma once

#include <string>

#include "tsinspect/error.h"

namespace tsinspect {

// Calls `use` with `file` cut at every length and with every byte flipped in
// several ways. Its Errors are what is hoped for.
template <typename Use>
void survive_damage(const std::string& file, Use use) {
  auto survive = [&](const std::string& bytes) {
    try {
      use(bytes);
    } catch (const Error&) {
    }
  };
  for (size_t i = 0; i < file.size(); ++i) {
    survive(file.substr(0, i));
    for (int flip : {0x01, 0x08, 0x80, 0xff}) {
      std::string flipped = file;
      flipped[i] = static_cast<char>(flipped[i] ^ flip);
      survive(flipped);
    }
  }
}

}  // namespace tsinspect
