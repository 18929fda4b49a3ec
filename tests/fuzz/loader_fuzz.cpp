// A connectome loader on any bytes: it loads, or says what is wrong with a ConfigError; everything
// else is a finding. One program for each NOESIS_FUZZ_ENDING. For .csv, what follows a zero byte is
// the file of neurons.

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/npy.hpp"
#include "physics/connectome_io.hpp"

namespace {

namespace fs = std::filesystem;

/// In memory where there is such a file system.
fs::path scratch_file(const char* name) {
  static const fs::path folder = [] {
    const fs::path root = fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
    fs::path made = root / ("noesis-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(made);
    return made;
  }();
  return folder / name;
}

fs::path write(const char* name, std::string_view bytes) {
  fs::path path = scratch_file(name);
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr || std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size()) {
    std::abort();
  }
  std::fclose(file);
  return path;
}

void load(std::string_view bytes) {
  const std::string_view ending = NOESIS_FUZZ_ENDING;
  if (ending == ".npy") {
    noesis::read_npy(write("array.npy", bytes)).numbers<double>("array");
  } else if (ending == ".csv") {
    const std::size_t end = bytes.find('\0');
    noesis::ConnectomeFileOptions options;
    if (end != bytes.npos) options.neurons = write("neurons.csv", bytes.substr(end + 1));
    if (end == bytes.npos)
      options.num_neurons = 1 << 16;  // ids may be large, which only takes long
    options.sum_duplicates = bytes.size() % 2 == 0;
    noesis::load_connectome(write("edges.csv", bytes.substr(0, end)), options);
  } else {
    noesis::load_connectome(write(("connectome" + std::string(ending)).c_str(), bytes));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    load({reinterpret_cast<const char*>(data), size});
  } catch (const noesis::ConfigError&) {
  }
  return 0;
}
