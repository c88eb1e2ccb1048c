#include <algorithm>

#include "export/convert.h"
#include "export/writer.h"
#include "tsinspect/values.h"

namespace tsinspect {
namespace {

// Stays in the cache from the checksum to the writing.
constexpr uint64_t kPieceBytes = uint64_t{1} << 20;

}  // namespace

void ExportJob::copy_values(
    ExportedTensor* row,
    const std::function<void(std::span<const std::byte>)>& sink) {
  const Tensor& tensor = source(*row);
  ValueReader reader(model, tensor, limits_);
  std::optional<Converter> converter;
  if (row->dtype != tensor.dtype) converter.emplace(tensor, row->dtype);
  std::vector<std::byte> buffer, converted;
  uint64_t item_bytes = std::max<uint64_t>(tensor.element_bits() / 8, 1);
  uint64_t piece = std::max<uint64_t>(kPieceBytes / item_bytes, 1) * item_bytes;
  for (uint64_t at = 0; at < reader.size_bytes(); at += piece) {
    size_t size = std::min(piece, reader.size_bytes() - at);
    auto view = reader.read(at, size, &buffer);
    if (converter) {
      converter->convert(view, &converted);
      sink(converted);
    } else {
      sink(view);
    }
    reader.release(view);
    done_bytes_ += size;
    if (options_.progress && !options_.progress(done_bytes_, total_bytes)) {
      throw Error(ErrorKind::kIo, "interrupted; nothing is written");
    }
  }
  if (converter) row->overflowed = converter->overflowed();
}

}  // namespace tsinspect
