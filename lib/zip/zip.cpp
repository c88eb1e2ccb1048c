// A zip file, read from its end:
//
//   local header, name, extra field, payload [, data descriptor]   a record
//   …
//   central header, name, extra field, comment                     a record
//   …
//   [zip64 end record] [zip64 locator]
//   end record, comment
//
// Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12
// (central header), 4.3.14 to 4.3.16 (ends), 4.5.3 (zip64 extra field).

#include "zip/zip.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "base/printable.h"

namespace tsinspect {
namespace {

constexpr uint32_t kLocalHeader = 0x04034b50;
constexpr uint32_t kCentralHeader = 0x02014b50;
constexpr uint32_t kZip64Locator = 0x07064b50;
constexpr std::string_view kEndMagic = "PK\5\6";
constexpr std::string_view kZip64EndMagic = "PK\6\6";
constexpr std::string_view kLocalMagic = "PK\3\4";

constexpr uint64_t kEndSize = 22;
constexpr uint64_t kLocatorSize = 20;
constexpr uint64_t kZip64EndSize = 56;
constexpr uint64_t kCentralHeaderSize = 46;
constexpr uint64_t kMaxComment = 65535;
constexpr uint16_t kZip64Extra = 1;
constexpr uint16_t kEncryptedFlag = 1;

// Where the central directory lies, from the end records.
struct End {
  uint64_t count;
  uint64_t size;
  uint64_t offset;
  uint64_t position;  // Of the end record itself, or of its zip64 twin.
};

// Position of the end record: the last one whose comment fits the file.
size_t find_end(std::string_view file) {
  size_t start =
      file.size() - std::min<size_t>(file.size(), kEndSize + kMaxComment);
  std::string_view tail = file.substr(start);
  for (size_t at = tail.rfind(kEndMagic); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : tail.rfind(kEndMagic, at - 1)) {
    if (tail.size() - at < kEndSize) continue;
    ByteReader in(tail.substr(at + kEndSize - 2));
    if (in.u16("comment length") <= in.remaining()) return start + at;
  }
  return std::string_view::npos;
}

End read_zip64_end(std::string_view file, size_t locator, End end) {
  ByteReader in(file);
  in.seek(locator, "zip64 locator");
  if (in.u32("zip64 locator signature") != kZip64Locator) return end;
  in.u32("disk number");
  uint64_t position = in.u64("zip64 end record offset");
  // Bytes that were put before the archive shift this offset, too.
  if (locator >= kZip64EndSize &&
      file.substr(locator - kZip64EndSize).starts_with(kZip64EndMagic)) {
    position = locator - kZip64EndSize;
  }
  in.seek(position, "zip64 end record");
  if (in.bytes(4, "zip64 end record signature") != kZip64EndMagic) {
    throw Error(ErrorKind::kMalformed, "not a zip64 end record", position);
  }
  in.bytes(8 + 2 + 2 + 4 + 4 + 8, "zip64 end record");
  end.count = in.u64("record count");
  end.size = in.u64("central directory size");
  end.offset = in.u64("central directory offset");
  end.position = position;
  return end;
}

End read_end(std::string_view file) {
  size_t position = find_end(file);
  if (position == std::string_view::npos) {
    throw Error(ErrorKind::kMalformed,
                "no zip end record: the file is cut off, or not a zip",
                file.size());
  }
  ByteReader in(file);
  in.seek(position + 8, "end record");
  in.u16("record count on this disk");
  End end;
  end.position = position;
  end.count = in.u16("record count");
  end.size = in.u32("central directory size");
  end.offset = in.u32("central directory offset");
  if (position < kLocatorSize) return end;
  return read_zip64_end(file, position - kLocatorSize, end);
}

// Fields that are too large for the central header stand in an extra field.
void read_zip64_extra(std::string_view extra, uint64_t base, Record* record) {
  ByteReader in(extra, base);
  while (in.remaining() >= 4) {
    uint16_t id = in.u16("extra field id");
    uint16_t size = in.u16("extra field size");
    uint64_t start = in.offset();
    ByteReader field(in.bytes(size, "extra field"), start);
    if (id != kZip64Extra) continue;
    for (uint64_t* value :
         {&record->size_bytes, &record->stored_bytes, &record->offset}) {
      if (*value == UINT32_MAX) *value = field.u64("zip64 field");
    }
  }
}

Record read_central_header(ByteReader* in) {
  uint64_t at = in->offset();
  if (in->u32("central header signature") != kCentralHeader) {
    throw Error(ErrorKind::kMalformed, "not a zip central header", at);
  }
  Record record;
  record.has_local_header = true;
  record.checksum = Checksum::kCrc32;
  in->u16("version made by");
  in->u16("version needed");
  record.encrypted = in->u16("flags") & kEncryptedFlag;
  record.method = in->u16("compression method");
  in->u32("time and date");
  record.crc32 = in->u32("crc-32");
  record.stored_bytes = in->u32("compressed size");
  record.size_bytes = in->u32("uncompressed size");
  uint16_t name_length = in->u16("name length");
  uint16_t extra_length = in->u16("extra field length");
  uint16_t comment_length = in->u16("comment length");
  in->bytes(2 + 2 + 4, "disk number and attributes");
  record.offset = in->u32("local header offset");
  record.name = in->bytes(name_length, "record name");
  uint64_t extra_at = in->offset();
  read_zip64_extra(in->bytes(extra_length, "extra field"), extra_at, &record);
  in->bytes(comment_length, "record comment");
  return record;
}

void check_extent(std::string_view file, const Record& record, uint64_t at) {
  if (record.offset <= file.size() &&
      record.stored_bytes <= file.size() - record.offset) {
    return;
  }
  throw Error(ErrorKind::kMalformed,
              fmt::format("record {}: {} bytes at {:#x} exceed the file of {} "
                          "bytes",
                          quoted(record.name), record.stored_bytes,
                          record.offset, file.size()),
              at);
}

void index_names(std::vector<Record>* records, std::vector<Finding>* findings,
                 NameIndex* names) {
  *names = NameIndex(records->size());
  auto name_of = [&](uint32_t i) { return (*records)[i].name; };
  for (uint32_t i = 0; i < records->size(); ++i) {
    if (names->replace(name_of(i), i, name_of) == kNoIndex) continue;
    findings->push_back({"duplicate-record", Severity::kError,
                         printable(name_of(i)),
                         "two records have this name; the last one counts"});
  }
}

// Two records that share bytes: readers disagree, or a small file claims to be
// a big one.
void find_overlaps(const std::vector<Record>& records,
                   std::vector<Finding>* findings) {
  auto check = [&](const Record& previous, const Record& next) {
    if (next.offset - previous.offset >= previous.stored_bytes) return;
    findings->push_back(
        {"overlapping-records", Severity::kError, printable(next.name),
         fmt::format("shares bytes with record {}", quoted(previous.name))});
  };
  if (std::ranges::is_sorted(records, {}, &Record::offset)) {
    for (size_t i = 1; i < records.size(); ++i) {
      check(records[i - 1], records[i]);
    }
    return;
  }
  std::vector<const Record*> sorted;
  for (const Record& record : records) sorted.push_back(&record);
  std::ranges::sort(sorted, {}, &Record::offset);
  for (size_t i = 1; i < sorted.size(); ++i) check(*sorted[i - 1], *sorted[i]);
}

}  // namespace

bool looks_like_zip(std::string_view file) {
  return file.starts_with(kLocalMagic) || file.starts_with(kEndMagic) ||
         find_end(file) != std::string_view::npos;
}

std::vector<Record> read_zip_directory(std::string_view file,
                                       std::vector<Finding>* findings,
                                       NameIndex* names) {
  End end = read_end(file);
  if (end.size > end.position) {
    throw Error(ErrorKind::kMalformed,
                fmt::format("central directory of {} bytes does not fit before "
                            "its end record",
                            end.size),
                end.position);
  }
  // Bytes that were put before the archive shift all offsets.
  uint64_t start = end.position - end.size;
  uint64_t shift = start >= end.offset ? start - end.offset : 0;
  if (end.offset > start) start = end.offset;
  ByteReader in(file.substr(0, end.position));
  in.seek(start, "central directory");
  if (end.count > in.remaining() / kCentralHeaderSize) {
    throw Error(ErrorKind::kMalformed,
                fmt::format("{} records do not fit the central directory of {} "
                            "bytes",
                            end.count, in.remaining()),
                start);
  }
  std::vector<Record> records;
  records.reserve(end.count);
  for (uint64_t i = 0; i < end.count; ++i) {
    uint64_t at = in.offset();
    Record record = read_central_header(&in);
    record.offset += shift;
    check_extent(file, record, at);
    records.push_back(record);
  }
  index_names(&records, findings, names);
  find_overlaps(records, findings);
  return records;
}

uint64_t zip_payload_offset(std::string_view file, const Record& record) {
  ByteReader in(file);
  in.seek(record.offset, "local header");
  if (in.u32("local header signature") != kLocalHeader) {
    throw Error(
        ErrorKind::kMalformed,
        fmt::format("record {}: not a zip local header", quoted(record.name)),
        record.offset);
  }
  in.bytes(22, "local header");
  uint16_t name_length = in.u16("name length");
  uint16_t extra_length = in.u16("extra field length");
  std::string_view name = in.bytes(name_length, "record name");
  if (name != record.name) {
    throw Error(ErrorKind::kMalformed,
                fmt::format("record {}: its local header says {}",
                            quoted(record.name), quoted(name)),
                record.offset);
  }
  in.bytes(extra_length, "extra field");
  uint64_t payload = in.offset();
  in.bytes(record.stored_bytes, "record payload");
  return payload;
}

std::string_view stored_bytes(std::string_view file, const Record& record) {
  return file.substr(zip_payload_offset(file, record), record.stored_bytes);
}

}  // namespace tsinspect
