// CRC-32 by folding: a message of many 128-bit pieces is the same, modulo the
// polynomial, as one piece plus the one before it times x^128, and carry-less
// multiplication does that product. Four pieces go side by side; the last one
// left is reduced to 32 bits by Barrett's method.
//
// Source: "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
// Instruction", V. Gopal et al., Intel, 2009; constants for the bit-reflected
// polynomial 0x04c11db7 from its page 22.

#include "zip/crc32.h"

#include <zlib.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tsinspect {
namespace {

uint32_t crc32_zlib(uint32_t crc, std::span<const std::byte> bytes) {
  return static_cast<uint32_t>(
      crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

#if defined(__x86_64__)

constexpr size_t kPiece = 16;
constexpr size_t kStride = 4 * kPiece;

#define TSINSPECT_PCLMUL __attribute__((target("pclmul,sse4.1")))

TSINSPECT_PCLMUL inline __m128i load(const std::byte* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}

// `piece` times the power of x that `keys` hold, plus `next`.
TSINSPECT_PCLMUL inline __m128i fold(__m128i piece, __m128i keys,
                                     __m128i next) {
  __m128i low = _mm_clmulepi64_si128(piece, keys, 0x00);
  __m128i high = _mm_clmulepi64_si128(piece, keys, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

// 128 bits to 64, to 32.
TSINSPECT_PCLMUL uint32_t reduce(__m128i piece, __m128i keys) {
  const __m128i key = _mm_set_epi64x(0, 0x0163cd6124);
  const __m128i polynomial = _mm_set_epi64x(0x01f7011641, 0x01db710641);
  const __m128i low_32 = _mm_set_epi32(0, -1, 0, -1);
  __m128i product = _mm_clmulepi64_si128(piece, keys, 0x10);
  piece = _mm_xor_si128(_mm_srli_si128(piece, 8), product);
  product = _mm_clmulepi64_si128(_mm_and_si128(piece, low_32), key, 0x00);
  piece = _mm_xor_si128(_mm_srli_si128(piece, 4), product);
  product =
      _mm_clmulepi64_si128(_mm_and_si128(piece, low_32), polynomial, 0x10);
  product =
      _mm_clmulepi64_si128(_mm_and_si128(product, low_32), polynomial, 0x00);
  return static_cast<uint32_t>(
      _mm_extract_epi32(_mm_xor_si128(piece, product), 1));
}

// `size` is a multiple of kPiece and at least kStride.
TSINSPECT_PCLMUL uint32_t crc32_pclmul(uint32_t crc, const std::byte* at,
                                       size_t size) {
  const __m128i by_stride = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
  const __m128i by_piece = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
  __m128i a =
      _mm_xor_si128(load(at), _mm_cvtsi32_si128(static_cast<int>(~crc)));
  __m128i b = load(at + kPiece);
  __m128i c = load(at + 2 * kPiece);
  __m128i d = load(at + 3 * kPiece);
  for (at += kStride, size -= kStride; size >= kStride;
       at += kStride, size -= kStride) {
    a = fold(a, by_stride, load(at));
    b = fold(b, by_stride, load(at + kPiece));
    c = fold(c, by_stride, load(at + 2 * kPiece));
    d = fold(d, by_stride, load(at + 3 * kPiece));
  }
  a = fold(fold(fold(a, by_piece, b), by_piece, c), by_piece, d);
  for (; size >= kPiece; at += kPiece, size -= kPiece) {
    a = fold(a, by_piece, load(at));
  }
  return ~reduce(a, by_piece);
}

#endif

}  // namespace

uint32_t crc32(uint32_t crc, std::span<const std::byte> bytes) {
#if defined(__x86_64__)
  static const bool kFast =
      __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
  if (kFast && bytes.size() >= kStride) {
    size_t size = bytes.size() / kPiece * kPiece;
    crc = crc32_pclmul(crc, bytes.data(), size);
    bytes = bytes.subspan(size);
  }
#endif
  return bytes.empty() ? crc : crc32_zlib(crc, bytes);
}

}  // namespace tsinspect
