// A table, sorted by key:
//
//   block …              of entries
//   block                meta: of no use here
//   block                index: an entry a block of entries, whose key is not
//                          less than all keys in it, and whose value is a
//                          handle
//   footer               48 bytes: the handles of the meta block and of the
//                          index, zeros, and u64 0xdb4775248b80fb57
//
//   handle               varint offset, varint size without the trailer
//   block                entry …
//                        u32 offset of a restart point …, u32 how many
//     trailer            u8 0 as it is, 1 Snappy
//                        u32 masked CRC-32C of the block and that byte
//   entry                varint bytes that its key has in common with the one
//                          before it, varint further bytes, varint value bytes
//                        the further bytes, the value
//
// Source: doc/table_format.md and table/*.cc of leveldb 1.23, and
// tsl/lib/io/table.cc of TensorFlow 2.21.

#include "tensorflow/table.h"

#include <fmt/format.h>
#include <snappy.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "base/crc32c.h"
#include "tsinspect/error.h"

namespace tsinspect::tensorflow {
namespace {

constexpr uint64_t kFooterBytes = 48;
constexpr uint64_t kMagicBytes = 8;
constexpr std::string_view kMagic = "\x57\xfb\x80\x8b\x24\x75\x47\xdb";
constexpr uint64_t kTrailerBytes = 5;
constexpr uint64_t kTypeBytes = 1;

enum : uint8_t { kStored = 0, kSnappy = 1 };

// Keys are put together in pieces of this size.
constexpr size_t kKeyPieceBytes = size_t{64} << 10;

struct Handle {
  uint64_t offset = 0;
  uint64_t size = 0;
};

Handle read_handle(ByteReader* in, const char* offset, const char* size) {
  Handle handle;
  handle.offset = in->varint(offset);
  handle.size = in->varint(size);
  return handle;
}

// A block as it is once inflated. `base` is its offset in the file; where it
// was inflated, offsets in errors are those of the block.
struct Block {
  std::string_view bytes;
  uint64_t offset = 0;  // In the file.
  uint64_t base = 0;    // What offsets in errors count from.
};

class TableReader {
 public:
  TableReader(std::string_view file, const Limits& limits)
      : file_(file), left_(limits.metadata_limit(file.size())) {}

  Table read() {
    Block index = read_block(footer(), "index block");
    walk(index, [&](std::string_view, std::string_view value) {
      ByteReader in(value);
      read_next(read_handle(&in, "offset of a block", "size of a block"));
    });
    return std::move(table_);
  }

 private:
  // The index's handle.
  Handle footer() {
    if (!looks_like_table(file_)) {
      throw Error(ErrorKind::kMalformed,
                  "no table: the magic number at its end is not there");
    }
    uint64_t begin = file_.size() - kFooterBytes;
    ByteReader in(file_.substr(begin, kFooterBytes - kMagicBytes), begin);
    read_handle(&in, "offset of the meta block", "size of the meta block");
    return read_handle(&in, "offset of the index block",
                       "size of the index block");
  }

  // Blocks of entries lie one behind the other, so that none is read twice.
  void read_next(Handle handle) {
    if (handle.offset < end_) {
      throw Error(ErrorKind::kMalformed,
                  fmt::format("block at {:#x} begins before the end of the one "
                              "before it, {:#x}",
                              handle.offset, end_));
    }
    read_entries(read_block(handle, "block"));
    end_ = handle.offset + handle.size + kTrailerBytes;
  }

  Block read_block(Handle handle, const char* what) {
    ByteReader in(file_);
    in.seek(handle.offset, what);
    std::string_view bytes = in.bytes(handle.size, what);
    std::string_view trailer = in.bytes(kTrailerBytes, "trailer of a block");
    check_sum(handle, trailer, what);
    auto type = static_cast<uint8_t>(trailer[0]);
    if (type == kStored) return {bytes, handle.offset, handle.offset};
    if (type == kSnappy) return {inflate(bytes, handle), handle.offset, 0};
    throw Error(ErrorKind::kMalformed,
                fmt::format("{}: compression {} does not exist", what, type),
                handle.offset);
  }

  void check_sum(Handle handle, std::string_view trailer, const char* what) {
    std::string_view covered =
        file_.substr(handle.offset, handle.size + kTypeBytes);
    ByteReader in(trailer.substr(kTypeBytes));
    uint32_t stated = in.u32("checksum of a block");
    uint32_t sum =
        masked_crc32c(std::as_bytes(std::span(covered.data(), covered.size())));
    if (sum == stated) return;
    throw Error(ErrorKind::kMalformed,
                fmt::format("{}: masked CRC-32C is {:#010x}, its trailer says "
                            "{:#010x}",
                            what, sum, stated),
                handle.offset);
  }

  std::string_view inflate(std::string_view bytes, Handle handle) {
    size_t size = 0;
    if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &size)) {
      fail_snappy(handle);
    }
    charge(size);
    auto text = std::make_shared<std::string>(size, '\0');
    if (!snappy::RawUncompress(bytes.data(), bytes.size(), text->data())) {
      fail_snappy(handle);
    }
    std::string_view result = *text;
    table_.owned.push_back(std::move(text));
    return result;
  }

  [[noreturn]] static void fail_snappy(Handle handle) {
    throw Error(ErrorKind::kMalformed, "block: Snappy cannot inflate it",
                handle.offset);
  }

  // Calls `take` with each key and value.
  template <typename Take>
  void walk(const Block& block, Take take) {
    uint64_t size = block.bytes.size();
    ByteReader counts(block.bytes, block.base);
    counts.seek(size < 4 ? size : size - 4, "restart points of a block");
    uint64_t restarts = counts.u32("number of restart points");
    if (restarts > (size - 4) / 4) {
      throw Error(ErrorKind::kMalformed,
                  fmt::format("{} restart points do not fit a block of {} "
                              "bytes",
                              restarts, size),
                  block.offset);
    }
    ByteReader in(block.bytes.substr(0, size - 4 - 4 * restarts), block.base);
    std::string_view key;
    while (in.remaining() > 0) {
      key = read_key(&in, key, block);
      take(key, in.bytes(value_bytes_, "value of an entry"));
    }
  }

  std::string_view read_key(ByteReader* in, std::string_view last,
                            const Block& block) {
    uint64_t shared = in->varint("shared key bytes");
    uint64_t further = in->varint("further key bytes");
    value_bytes_ = in->varint("value bytes");
    if (shared > last.size()) {
      throw Error(ErrorKind::kMalformed,
                  fmt::format("entry in the block at {:#x} shares {} bytes "
                              "with a key of {}",
                              block.offset, shared, last.size()),
                  in->offset());
    }
    std::string_view rest = in->bytes(further, "key of an entry");
    if (shared == 0) return rest;
    return join(last.substr(0, shared), rest);
  }

  // Both parts behind each other, in memory that the table owns.
  std::string_view join(std::string_view a, std::string_view b) {
    size_t size = a.size() + b.size();
    charge(size);
    if (piece_ == nullptr || piece_->capacity() - piece_->size() < size) {
      piece_ = std::make_shared<std::string>();
      piece_->reserve(std::max(size, kKeyPieceBytes));
      table_.owned.push_back(piece_);
    }
    size_t begin = piece_->size();
    piece_->append(a).append(b);
    return std::string_view(*piece_).substr(begin);
  }

  void read_entries(const Block& block) {
    walk(block, [&](std::string_view key, std::string_view value) {
      check_order(key, block);
      charge(sizeof(TableEntry));
      table_.entries.push_back({key, value});
    });
  }

  void check_order(std::string_view key, const Block& block) {
    if (table_.entries.empty() || table_.entries.back().key < key) return;
    throw Error(ErrorKind::kMalformed, "keys of a block are not in order",
                block.offset);
  }

  void charge(uint64_t bytes) {
    if (bytes > left_) {
      throw Error(ErrorKind::kLimit,
                  fmt::format("the table's keys and blocks take more than {} "
                              "bytes more",
                              left_));
    }
    left_ -= bytes;
  }

  std::string_view file_;
  uint64_t left_;             // Bytes of memory.
  uint64_t end_ = 0;          // Of the last block of entries.
  uint64_t value_bytes_ = 0;  // Of the entry whose key was read last.
  std::shared_ptr<std::string> piece_;
  Table table_;
};

}  // namespace

const TableEntry* Table::find(std::string_view key) const {
  auto entry = std::ranges::lower_bound(entries, key, {}, &TableEntry::key);
  return entry == entries.end() || entry->key != key ? nullptr : &*entry;
}

bool looks_like_table(std::string_view file) {
  return file.size() >= kFooterBytes && file.ends_with(kMagic);
}

Table read_table(std::string_view file, const Limits& limits) {
  return TableReader(file, limits).read();
}

}  // namespace tsinspect::tensorflow
