#include <fmt/format.h>
#include <nettle/sha2.h>

#include <array>

#include "tsinspect/values.h"

namespace tsinspect {

std::string sha256(const Model& model, const Tensor& tensor,
                   const Limits& limits) {
  sha256_ctx context;
  sha256_init(&context);
  read_values(
      model, tensor,
      [&](std::span<const std::byte> piece) {
        sha256_update(&context, piece.size(),
                      reinterpret_cast<const uint8_t*>(piece.data()));
      },
      limits);
  std::array<uint8_t, SHA256_DIGEST_SIZE> digest;
  sha256_digest(&context, digest.size(), digest.data());
  std::string text;
  for (uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace tsinspect
