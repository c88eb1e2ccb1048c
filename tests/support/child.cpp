#include "support/child.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <fstream>
#include <stdexcept>

namespace tsinspect::hostile {
namespace {

constexpr rlim_t kMostCpuSeconds = 20;

void copy_text(const std::string& text, char (&out)[256]) {
  std::snprintf(out, sizeof out, "%s", text.c_str());
}

uint64_t resident_bytes() {
  uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t most_resident_bytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) << 10;
}

// Of the processor, so that a busy machine makes no difference.
double seconds_used() {
  timespec time = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) / 1e9;
}

struct Shared {
  Progress progress;
  uint64_t peak_bytes;
};

[[noreturn]] void run(const std::function<void(Progress&)>& work,
                      Shared* shared) {
  rlimit limit = {kMostCpuSeconds, kMostCpuSeconds};
  setrlimit(RLIMIT_CPU, &limit);  // Ends what would never end.
  uint64_t before = resident_bytes();
  try {
    work(shared->progress);
  } catch (const std::exception& error) {
    copy_text(std::string(shared->progress.where) + ": " + error.what(),
              shared->progress.where);
    _exit(1);
  }
  uint64_t peak = most_resident_bytes();
  shared->peak_bytes = peak > before ? peak - before : 0;
  _exit(0);
}

}  // namespace

void Progress::step(const std::string& name,
                    const std::function<void()>& work) {
  copy_text(name, where);
  double start = seconds_used();
  work();
  double taken = seconds_used() - start;
  if (taken <= slowest) return;
  slowest = taken;
  std::memcpy(slowest_at, where, sizeof where);
}

ChildReport run_in_child(const std::function<void(Progress&)>& work) {
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("mmap");
  auto* shared = static_cast<Shared*>(memory);
  pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork");
  if (child == 0) run(work, shared);
  int status = 0;
  waitpid(child, &status, 0);
  const Progress& progress = shared->progress;
  ChildReport report = {WIFEXITED(status) && WEXITSTATUS(status) == 0,
                        progress.where, progress.slowest, progress.slowest_at,
                        shared->peak_bytes};
  munmap(memory, sizeof(Shared));
  return report;
}

}  // namespace tsinspect::hostile
