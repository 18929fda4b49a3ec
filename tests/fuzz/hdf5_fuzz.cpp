// The HDF5 loaders on sound files with any contents: libhdf5 itself is not on trial, and
// version 1.10 crashes on forged files. The bytes say which objects the file has, of which type and
// shape, and their values: one object after another,
//
//   place (which of kPlaces), type (which of Kind), rows, columns (0: one dimension), values.
//
// A first byte of 1 makes a connectome of our own format, 2 a binned recording, with the version in
// the second byte.

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/hdf5_file.hpp"
#include "physics/binned_recording.hpp"
#include "physics/connectome_io.hpp"

namespace {

namespace fs = std::filesystem;

/// What the loaders look for, and a name that is nobody's.
constexpr const char* kPlaces[] = {"row_count",
                                   "sources",
                                   "weights",
                                   "delays_ms",
                                   "gap_junctions/source",
                                   "gap_junctions/target",
                                   "gap_junctions/weight",
                                   "neurons/name",
                                   "neurons/type",
                                   "neurons/region",
                                   "neurons/transmitter",
                                   "neurons/x",
                                   "neurons/y",
                                   "neurons/z",
                                   "neurons/sign",
                                   "edges/a/source_node_id",
                                   "edges/a/target_node_id",
                                   "edges/a/edge_group_index",
                                   "edges/a/0/syn_weight",
                                   "edges/a/0/delay",
                                   "edges/a/1/syn_weight",
                                   "edges/b/source_node_id",
                                   "counts",
                                   "unit_id",
                                   "unit_region",
                                   "trial_begin",
                                   "else"};

enum Kind : std::uint8_t {
  kFloat,
  kDouble,
  kInt32,
  kInt64,
  kUint64,
  kUint8,
  kText,
  kGroup,
  kKinds
};

/// First bytes.
constexpr std::uint8_t kConnectome = 1, kRecording = 2;

class Bytes {
 public:
  explicit Bytes(std::span<const std::uint8_t> rest) : rest_(rest) {}
  bool done() const { return rest_.empty(); }
  /// Zero where the bytes have come to their end.
  template <class T>
  T next() {
    T value{};
    const std::size_t size = std::min(sizeof value, rest_.size());
    std::memcpy(&value, rest_.data(), size);
    rest_ = rest_.subspan(size);
    return value;
  }

 private:
  std::span<const std::uint8_t> rest_;
};

template <class T>
void write_numbers(noesis::Hdf5File& file, const std::string& name, Bytes& bytes,
                   const noesis::Hdf5Shape& shape, std::size_t count) {
  std::vector<T> values(count);
  for (T& value : values) value = bytes.next<T>();
  file.write(name, std::span<const T>(values), shape);
}

void write_object(noesis::Hdf5File& file, const std::string& name, Bytes& bytes) {
  const auto kind = bytes.next<std::uint8_t>() % kKinds;
  const std::size_t rows = bytes.next<std::uint8_t>(), columns = bytes.next<std::uint8_t>() % 4u;
  const std::size_t count = columns == 0 ? rows : rows * columns;
  noesis::Hdf5Shape shape{static_cast<std::int64_t>(rows)};
  if (columns > 0) shape.push_back(static_cast<std::int64_t>(columns));
  switch (kind) {
    case kFloat:
      return write_numbers<float>(file, name, bytes, shape, count);
    case kDouble:
      return write_numbers<double>(file, name, bytes, shape, count);
    case kInt32:
      return write_numbers<std::int32_t>(file, name, bytes, shape, count);
    case kInt64:
      return write_numbers<std::int64_t>(file, name, bytes, shape, count);
    case kUint64:
      return write_numbers<std::uint64_t>(file, name, bytes, shape, count);
    case kUint8:
      return write_numbers<std::uint8_t>(file, name, bytes, shape, count);
    case kText: {
      std::vector<std::string> texts(rows);
      for (std::string& text : texts) text.assign(1 + rows % 3, bytes.next<char>());
      return file.write_strings(name, texts);
    }
    default:
      return file.create_group(name);
  }
}

fs::path write_file(Bytes bytes) {
  static const fs::path path =
      (fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) /
      ("noesis-fuzz-" + std::to_string(::getpid()) + ".h5");
  noesis::Hdf5File file = noesis::Hdf5File::create(path);
  const auto format = bytes.next<std::uint8_t>();
  const auto version = bytes.next<std::uint8_t>();
  if (format == kConnectome || format == kRecording) {
    file.set_attribute(
        "/", "format",
        std::string(format == kConnectome ? "noesis-connectome" : "noesis-recording"));
    file.set_attribute("/", "version", std::int64_t{version});
  }
  if (format == kRecording) file.set_attribute("/", "bin_ms", bytes.next<double>());
  while (!bytes.done()) {
    const std::string name = kPlaces[bytes.next<std::uint8_t>() % std::size(kPlaces)];
    if (!file.contains(name)) write_object(file, name, bytes);
  }
  file.close();
  return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fs::path path = write_file(Bytes({data, size}));
  const std::uint8_t format = size > 0 ? data[0] : 0;
  noesis::ConnectomeFileOptions options;
  if (format != kConnectome) {      // SONATA, which takes options
    options.num_neurons = 1 << 16;  // ids may be large, which only takes long
    options.sum_duplicates = size % 2 == 0;
  }
  try {
    if (format == kRecording) {
      noesis::load_binned_recording(path);
    } else {
      noesis::load_connectome(path, options);
    }
  } catch (const noesis::ConfigError&) {
  }
  return 0;
}
