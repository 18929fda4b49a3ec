#include "runners/tensorboard.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <boost/crc.hpp>
#include <cerrno>
#include <chrono>

#include "core/atomic_file.hpp"
#include "core/error.hpp"

namespace noesis {

namespace fs = std::filesystem;

namespace {

template <class T>
std::string little_endian(T value) {
  std::string bytes;
  for (std::size_t k = 0; k < sizeof value; ++k) {
    bytes += static_cast<char>((value >> (8 * k)) & 0xff);
  }
  return bytes;
}

std::uint32_t masked_crc(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8u;
}

/// Base 128, the low digits first (Protocol Buffers, "Encoding").
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7f) | 0x80);
  return bytes += static_cast<char>(value);
}

enum Wire : std::uint64_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

std::string key(std::uint64_t field, Wire wire) { return varint(field << 3 | wire); }

std::string number_field(std::uint64_t field, std::int64_t value) {
  return key(field, kVarint) + varint(static_cast<std::uint64_t>(value));
}
std::string double_field(std::uint64_t field, double value) {
  return key(field, kFixed64) + little_endian(std::bit_cast<std::uint64_t>(value));
}
std::string float_field(std::uint64_t field, double value) {
  return key(field, kFixed32) +
         little_endian(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
}
std::string bytes_field(std::uint64_t field, std::string_view bytes) {
  return key(field, kBytes) + varint(bytes.size()) + std::string(bytes);
}

/// Fields of Event.
constexpr std::uint64_t kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
/// Summary.value, and of a value: tag, simple_value. SessionLog.status, and its value START.
constexpr std::uint64_t kValue = 1, kTag = 1, kSimpleValue = 2, kStatus = 1;
constexpr std::int64_t kStart = 1;

double system_clock_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

std::string tfrecord(std::string_view data) {
  const std::string length = little_endian(std::uint64_t{data.size()});
  return length + little_endian(masked_crc(length)) + std::string(data) +
         little_endian(masked_crc(data));
}

TensorboardWriter::TensorboardWriter(const fs::path& folder,
                                     std::optional<std::int64_t> resume_step, WallClock clock)
    : clock_(clock ? std::move(clock) : system_clock_s) {
  // Without the machine's name, which is nobody's business in a folder that is handed on.
  const std::string base = "events.out.tfevents." +
                           std::to_string(static_cast<std::int64_t>(clock_())) + ".noesis." +
                           std::to_string(::getpid()) + ".";
  int descriptor = -1;
  for (int number = 0; descriptor < 0; ++number) {
    path_ = folder / (base + std::to_string(number));
    descriptor = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno != EEXIST) {
      throw file_error("cannot create the file", path_, errno);
    }
  }
  file_.reset(::fdopen(descriptor, "wb"));
  if (!file_) {
    const int error_number = errno;
    ::close(descriptor);
    throw file_error("cannot write the file", path_, error_number);
  }
  write(bytes_field(kFileVersion, "brain.Event:2"));
  if (resume_step) {
    // TensorBoard drops events from the step of a START on.
    write(number_field(kStep, *resume_step + 1) +
          bytes_field(kSessionLog, number_field(kStatus, kStart)));
  }
  flush();
}

void TensorboardWriter::scalar(std::string_view name, std::int64_t step, double value) {
  if (name.empty()) {
    throw ConfigError({.what = "a scalar without a name",
                       .where = path_.string(),
                       .got = {},
                       .allowed = "a name such as losses/value_loss",
                       .next = {}});
  }
  const std::string entry = bytes_field(kTag, name) + float_field(kSimpleValue, value);
  write(number_field(kStep, step) + bytes_field(kSummary, bytes_field(kValue, entry)));
}

void TensorboardWriter::write(std::string_view event) {
  const std::string record = tfrecord(double_field(kWallTime, clock_()) + std::string(event));
  if (std::fwrite(record.data(), 1, record.size(), file_.get()) != record.size()) {
    throw file_error("cannot write the file", path_, errno);
  }
}

void TensorboardWriter::flush() {
  if (std::fflush(file_.get()) != 0) throw file_error("cannot write the file", path_, errno);
}

}  // namespace noesis
