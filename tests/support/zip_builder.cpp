#include "support/zip_builder.h"

#include <zlib.h>

#include "format/bytes.h"

namespace tsinspect {
namespace {

constexpr uint64_t kInZip64 = UINT32_MAX;

uint32_t crc_of(const std::string& data) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
}

// One record's two headers, which share most of their fields.
struct Headers {
  const ZipRecord& record;
  uint64_t stored_bytes;
  uint64_t offset;
  bool zip64;

  std::string common(uint64_t name_length, uint64_t extra_length) const {
    uint64_t stored = zip64 ? kInZip64 : stored_bytes;
    uint64_t size = zip64 ? kInZip64 : size_bytes();
    return little_endian(record.flags, 2) + little_endian(record.method, 2) +
           "ttdd" +
           little_endian(record.crc32.value_or(crc_of(record.data)), 4) +
           little_endian(stored, 4) + little_endian(size, 4) +
           little_endian(name_length, 2) + little_endian(extra_length, 2);
  }

  uint64_t size_bytes() const {
    return record.size_bytes.value_or(
        static_cast<uint32_t>(record.data.size()));
  }

  std::string local() const {
    std::string name = record.local_name.value_or(record.name);
    return "PK\3\4" + little_endian(45, 2) +
           common(name.size(), record.padding.size()) + name + record.padding;
  }

  std::string central() const {
    std::string extra;
    if (zip64) {
      extra = little_endian(1, 2) + little_endian(24, 2) +
              little_endian(size_bytes(), 8) + little_endian(stored_bytes, 8) +
              little_endian(offset, 8);
    }
    return "PK\1\2" + little_endian(45, 2) + little_endian(45, 2) +
           common(record.name.size(), extra.size()) + little_endian(0, 2) +
           little_endian(0, 8) + little_endian(zip64 ? kInZip64 : offset, 4) +
           record.name + extra;
  }
};

std::string zip64_ends(uint64_t count, uint64_t size, uint64_t offset) {
  std::string end = "PK\6\6" + little_endian(44, 8) + little_endian(45, 2) +
                    little_endian(45, 2) + little_endian(0, 8) +
                    little_endian(count, 8) + little_endian(count, 8) +
                    little_endian(size, 8) + little_endian(offset, 8);
  return end + "PK\6\7" + little_endian(0, 4) +
         little_endian(offset + size, 8) + little_endian(1, 4);
}

}  // namespace

std::string deflated(const std::string& data) {
  z_stream stream = {};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, data.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string build_zip(const std::vector<ZipRecord>& records,
                      const ZipLayout& layout) {
  std::string file, directory;
  for (const ZipRecord& record : records) {
    std::string stored =
        record.method == 8 ? deflated(record.data) : record.data;
    Headers headers{record, record.stored_bytes.value_or(stored.size()),
                    record.offset.value_or(file.size()), layout.zip64};
    file += headers.local() + stored;
    directory += headers.central();
  }
  uint64_t count = layout.zip64 ? UINT16_MAX : records.size();
  std::string end =
      "PK\5\6" + little_endian(0, 4) + little_endian(count, 2) +
      little_endian(count, 2) +
      little_endian(layout.zip64 ? kInZip64 : directory.size(), 4) +
      little_endian(layout.zip64 ? kInZip64 : file.size(), 4) +
      little_endian(layout.comment.size(), 2) + layout.comment;
  if (layout.zip64) {
    end.insert(0, zip64_ends(records.size(), directory.size(), file.size()));
  }
  return layout.prefix + file + directory + end;
}

}  // namespace tsinspect
