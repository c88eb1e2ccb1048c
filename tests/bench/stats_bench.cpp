// Statistics of a gigabyte, beside the least work that reads it: a vectorised
// sum over the same mapped file, with the same threads.
// Makes a file of a gigabyte among the temporary ones, and removes it.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <thread>

#include "base/file.h"
#include "tensor/build.h"
#include "tsinspect/stats.h"

namespace tsinspect {
namespace {

constexpr uint64_t kFileBytes = uint64_t{1} << 30;

// A file of values that have no pattern the processor could make use of.
class RandomFile {
 public:
  RandomFile()
      : path_(std::filesystem::temp_directory_path() /
              ("tsinspect-stats-bench-" + std::to_string(getpid()))) {
    std::ofstream out(path_, std::ios::binary);
    std::vector<uint32_t> piece(1 << 18);
    uint32_t state = 1;
    for (uint64_t done = 0; done < kFileBytes; done += piece.size() * 4) {
      for (uint32_t& bits : piece) {
        state = state * 1664525 + 1013904223;
        // Floats and bfloat16 and float16 of moderate size, of either sign.
        bits = (state & 0x8fff'8fff) | 0x3000'3000;
      }
      out.write(reinterpret_cast<const char*>(piece.data()),
                static_cast<std::streamsize>(piece.size() * 4));
    }
  }
  ~RandomFile() { std::filesystem::remove(path_); }

  std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

const std::string& file_path() {
  static const RandomFile kFile;
  static const std::string kPath = kFile.path();
  return kPath;
}

// One tensor that is all of the file.
Model whole_file(DType dtype) {
  Model model;
  model.files.push_back(File::open(file_path()));
  uint64_t size = model.files[0]->size();
  Record record;
  record.stored_bytes = record.size_bytes = size;
  model.records.push_back(record);
  Storage storage;
  storage.record = 0;
  storage.size_bytes = size;
  model.storages.push_back(storage);
  Tensor tensor;
  tensor.dtype = dtype;
  tensor.shape = {static_cast<int64_t>(size * 8 / dtype_info(dtype).bits)};
  tensor.strides = {1};
  tensor.storage = 0;
  model.tensors.push_back(tensor);
  return model;
}

// The compiler makes vectors of it.
__attribute__((optimize("O3"), target_clones("avx512f", "avx2", "default")))
uint64_t
sum_words(const uint64_t* words, size_t count) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) sum += words[i];
  return sum;
}

void BM_PlainSum(benchmark::State& state) {
  auto threads = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    auto file = File::open(file_path());
    auto* words = reinterpret_cast<const uint64_t*>(file->data().data());
    size_t share = file->size() / sizeof(uint64_t) / threads;
    std::vector<uint64_t> sums(threads);
    std::vector<std::thread> workers;
    for (size_t i = 1; i < threads; ++i) {
      workers.emplace_back(
          [&, i] { sums[i] = sum_words(words + i * share, share); });
    }
    sums[0] = sum_words(words, share);
    for (std::thread& worker : workers) worker.join();
    benchmark::DoNotOptimize(
        std::accumulate(sums.begin(), sums.end(), uint64_t{0}));
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<int64_t>(kFileBytes));
}

void run_stats(benchmark::State& state, DType dtype, bool quantiles) {
  StatsOptions options;
  options.threads = static_cast<uint32_t>(state.range(0));
  options.quantiles = quantiles;
  const uint32_t rows[] = {0};
  for (auto _ : state) {
    Model model = whole_file(dtype);
    benchmark::DoNotOptimize(tensor_stats(model, rows, options));
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<int64_t>(kFileBytes));
}

void BM_Float32(benchmark::State& state) {
  run_stats(state, DType::kFloat32, false);
}
void BM_Float32Quantiles(benchmark::State& state) {
  run_stats(state, DType::kFloat32, true);
}
void BM_BFloat16(benchmark::State& state) {
  run_stats(state, DType::kBFloat16, false);
}
void BM_Float16(benchmark::State& state) {
  run_stats(state, DType::kFloat16, false);
}
void BM_Int8(benchmark::State& state) { run_stats(state, DType::kInt8, false); }

constexpr auto kUnit = benchmark::kMillisecond;
BENCHMARK(BM_PlainSum)->Arg(1)->Arg(2)->UseRealTime()->Unit(kUnit);
BENCHMARK(BM_Float32)->Arg(1)->Arg(2)->UseRealTime()->Unit(kUnit);
BENCHMARK(BM_Float32Quantiles)->Arg(1)->Arg(2)->UseRealTime()->Unit(kUnit);
BENCHMARK(BM_BFloat16)->Arg(1)->Arg(2)->UseRealTime()->Unit(kUnit);
BENCHMARK(BM_Float16)->Arg(1)->Arg(2)->UseRealTime()->Unit(kUnit);
BENCHMARK(BM_Int8)->Arg(1)->Arg(2)->UseRealTime()->Unit(kUnit);

}  // namespace
}  // namespace tsinspect
