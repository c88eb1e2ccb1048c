// The least that listing the tensors of a torch.save file can take: maps the
// file, walks the zip's central directory, touches every byte of data.pkl, and
// prints a row of a fixed shape for each record under data/.
//
//   central directory entry, 46 bytes and three texts; little-endian:
//     0 signature  20 stored  24 size  28 name length  30 extra length
//     32 comment length  42 offset of the local header  46 name, extra, comment
//   end of central directory: 16 its offset, 0xffffffff in a zip64, which has
//     a record of 56 bytes (48 the offset) and a locator of 20 before this.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace {

template <typename T>
T load(const char* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

const char* find_directory(const char* data, const char* end) {
  const char* p = end - 22;
  while (load<uint32_t>(p) != 0x06054b50) --p;
  uint64_t offset = load<uint32_t>(p + 16);
  if (offset == UINT32_MAX || load<uint16_t>(p + 10) == UINT16_MAX) {
    offset = load<uint64_t>(data + load<uint64_t>(p - 20 + 8) + 48);
  }
  return data + offset;
}

uint64_t sum_bytes(std::string_view bytes) {
  uint64_t sum = 0;
  for (unsigned char byte : bytes) sum += byte;
  return sum;
}

std::string_view payload(const char* data, const char* entry) {
  const char* header = data + load<uint32_t>(entry + 42);
  return {
      header + 30 + load<uint16_t>(header + 26) + load<uint16_t>(header + 28),
      load<uint32_t>(entry + 24)};
}

void print_row(std::string_view name) {
  // As wide as a row of `tsinspect params` is for these names.
  char row[] =
      "                                                        float32"
      "    [256]           256  1.00 KiB\n";
  std::memcpy(row, name.data(), name.size() < 56 ? name.size() : 56);
  std::fwrite(row, 1, sizeof row - 1, stdout);
}

}  // namespace

int main(int argc, char** argv) {
  struct stat info;
  int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
  if (fd < 0 || fstat(fd, &info) != 0) return 2;
  const auto size = static_cast<size_t>(info.st_size);
  void* map = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (map == MAP_FAILED) return 2;
  const char* data = static_cast<const char*>(map);

  static char buffer[1 << 16];
  std::setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  uint64_t sum = 0;
  const char* entry = find_directory(data, data + size);
  while (load<uint32_t>(entry) == 0x02014b50) {
    std::string_view name(entry + 46, load<uint16_t>(entry + 28));
    if (name.ends_with("/data.pkl")) sum += sum_bytes(payload(data, entry));
    if (name.find("/data/") != name.npos) print_row(name);
    entry += 46 + name.size() + load<uint16_t>(entry + 30) +
             load<uint16_t>(entry + 32);
  }
  return sum == 0 || std::fflush(stdout) != 0 ? 2 : 0;
}
