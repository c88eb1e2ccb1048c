// What is written, little-endian; see zip.cpp for the whole and the source:
//
//   local header     u32 "PK\3\4", u16 version, u16 flags, u16 method 0,
//                    u32 time and date, u32 crc-32, u32 stored, u32 size,
//                    u16 name length, u16 extra length, name, extra, payload
//   central header   u32 "PK\1\2", u16 version made by, the 26 bytes from
//                    version to extra length, u16 comment length, u16 disk,
//                    u16 + u32 attributes, u32 offset, name, extra
//   extra field      u16 id, u16 length, data: id 1 has the 64-bit numbers that
//                    are 0xffffffff in the header, "FB" is PyTorch's padding

#include "export/zip_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "tsinspect/error.h"
#include "zip/crc32.h"

namespace tsinspect {
namespace {

constexpr uint64_t kAlignment = 64;
constexpr uint64_t kLocalHeaderBytes = 30;
constexpr uint64_t kCrcAt = 14;  // In the local header.
constexpr uint64_t kFieldHeaderBytes = 4;
constexpr uint16_t kVersion = 20;
constexpr uint16_t kVersionZip64 = 45;
constexpr uint16_t kUtf8Flag = 0x800;
constexpr uint16_t kZip64Extra = 1;
constexpr uint32_t kFirstDate = 0x00210000;  // 1980-01-01 00:00.
constexpr size_t kMaxName = UINT16_MAX;

template <typename T>
void put(std::string* out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) {
    *out += static_cast<char>(static_cast<uint64_t>(value) >> 8 * i);
  }
}

// What a field of 32 bits says of a number that may not fit.
uint32_t short_form(uint64_t value) {
  return static_cast<uint32_t>(std::min<uint64_t>(value, UINT32_MAX));
}

bool fits(uint64_t value) { return value < UINT32_MAX; }

std::string zip64_extra(std::span<const uint64_t> values) {
  std::string data;
  for (uint64_t value : values) put(&data, value);
  std::string extra;
  put(&extra, kZip64Extra);
  put(&extra, static_cast<uint16_t>(data.size()));
  return extra + data;
}

std::string padding(uint64_t payload) {
  uint64_t size =
      (kAlignment - (payload + kFieldHeaderBytes) % kAlignment) % kAlignment;
  std::string extra = "FB";
  put(&extra, static_cast<uint16_t>(size));
  return extra + std::string(size, 'Z');
}

// From the version to the length of the extra field, alike in both headers.
std::string common_fields(std::string_view name, uint64_t size_bytes,
                          uint32_t crc32, size_t extra_bytes, bool zip64) {
  bool is_ascii = std::ranges::all_of(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  std::string out;
  put(&out, zip64 ? kVersionZip64 : kVersion);
  put(&out, is_ascii ? uint16_t{0} : kUtf8Flag);
  put(&out, uint16_t{0});
  put(&out, kFirstDate);
  put(&out, crc32);
  put(&out, short_form(size_bytes));
  put(&out, short_form(size_bytes));
  put(&out, static_cast<uint16_t>(name.size()));
  put(&out, static_cast<uint16_t>(extra_bytes));
  return out;
}

std::string end_records(uint64_t count, uint64_t size, uint64_t offset) {
  std::string out;
  if (count >= UINT16_MAX || !fits(size) || !fits(offset)) {
    out += "PK\6\6";
    put(&out, uint64_t{44});  // Of the rest of this record.
    put(&out, kVersionZip64);
    put(&out, kVersionZip64);
    put(&out, uint64_t{0});  // Disks.
    put(&out, count);
    put(&out, count);
    put(&out, size);
    put(&out, offset);
    out += "PK\6\7";
    put(&out, uint32_t{0});
    put(&out, offset + size);
    put(&out, uint32_t{1});
  }
  auto short_count =
      static_cast<uint16_t>(std::min<uint64_t>(count, UINT16_MAX));
  out += "PK\5\6";
  put(&out, uint32_t{0});  // Disks.
  put(&out, short_count);
  put(&out, short_count);
  put(&out, short_form(size));
  put(&out, short_form(offset));
  put(&out, uint16_t{0});
  return out;
}

}  // namespace

void ZipWriter::begin(std::string name, uint64_t size_bytes) {
  if (name.size() > kMaxName) {
    throw Error(ErrorKind::kUnsupported,
                fmt::format("a name of {} bytes; a zip has room for {}",
                            name.size(), kMaxName));
  }
  uint64_t offset = file_.position();
  std::string extra;
  if (!fits(size_bytes)) {
    uint64_t sizes[] = {size_bytes, size_bytes};
    extra = zip64_extra(sizes);
  }
  extra += padding(offset + kLocalHeaderBytes + name.size() + extra.size());
  file_.write("PK\3\4" + common_fields(name, size_bytes, 0, extra.size(),
                                       !fits(size_bytes)));
  file_.write(name);
  file_.write(extra);
  entries_.push_back({std::move(name), offset, size_bytes});
}

void ZipWriter::write(std::span<const std::byte> bytes) {
  entries_.back().crc32 = crc32(entries_.back().crc32, bytes);
  file_.write(bytes);
}

void ZipWriter::end() {
  const Entry& entry = entries_.back();
  std::string crc;
  put(&crc, entry.crc32);
  file_.write_over(entry.offset + kCrcAt, crc);
}

void ZipWriter::add(std::string name, std::string_view bytes) {
  begin(std::move(name), bytes.size());
  write(std::as_bytes(std::span(bytes)));
  end();
}

void ZipWriter::finish() {
  uint64_t start = file_.position();
  for (const Entry& entry : entries_) {
    std::vector<uint64_t> large;
    if (!fits(entry.size_bytes)) large = {entry.size_bytes, entry.size_bytes};
    if (!fits(entry.offset)) large.push_back(entry.offset);
    std::string extra = large.empty() ? "" : zip64_extra(large);
    std::string header = "PK\1\2";
    put(&header, large.empty() ? kVersion : kVersionZip64);
    header += common_fields(entry.name, entry.size_bytes, entry.crc32,
                            extra.size(), !large.empty());
    header.append(2 + 2 + 2 + 4, '\0');
    put(&header, short_form(entry.offset));
    file_.write(header + entry.name + extra);
  }
  file_.write(end_records(entries_.size(), file_.position() - start, start));
}

}  // namespace tsinspect
