// testing/fuzz_main: replays a corpus, and a few thousand seeded mutations of it, through a fuzz
// target with any compiler. `TARGET [DIR|FILE…]`; the seed is fixed, so a failure repeats.
// Coverage-guided search is libFuzzer's job.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr int kMutationsOfEach = 200;

void run(const Bytes& bytes) { LLVMFuzzerTestOneInput(bytes.data(), bytes.size()); }

Bytes read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

Bytes mutate(Bytes bytes, std::mt19937& random) {
  for (unsigned edits = 1 + random() % 4; edits != 0; --edits) {
    const std::size_t at = bytes.empty() ? 0 : random() % bytes.size();
    const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (random() % 4) {
      case 0:
        bytes.insert(place, static_cast<std::uint8_t>(random()));
        break;
      case 1:
        if (!bytes.empty()) bytes.erase(place);
        break;
      case 2:
        if (!bytes.empty()) *place = static_cast<std::uint8_t>(random());
        break;
      case 3:
        if (!bytes.empty()) bytes.insert(place, bytes.begin(), place);
        break;
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Bytes> corpus = {{}};
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::exists(argv[i])) {
      std::fprintf(stderr, "%s: no such corpus\n", argv[i]);
      return 2;
    }
    if (!std::filesystem::is_directory(argv[i])) {
      corpus.push_back(read(argv[i]));
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      if (entry.is_regular_file()) corpus.push_back(read(entry.path()));
    }
  }
  std::mt19937 random(20261124);
  for (const Bytes& bytes : corpus) {
    run(bytes);
    for (int i = 0; i < kMutationsOfEach; ++i) run(mutate(bytes, random));
  }
  std::printf("%zu inputs and %d mutations of each\n", corpus.size(), kMutationsOfEach);
}
