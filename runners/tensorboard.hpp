#pragma once
/// Scalars in TensorBoard's event files: records of TFRecord framing, each an Event message of
/// tensorflow/core/util/event.proto, written without a Protocol Buffers library.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/scalar_sink.hpp"

namespace noesis {

/// CRC-32C (Castagnoli; RFC 3720, B.4).
std::uint32_t crc32c(std::string_view bytes);

/// length (uint64), masked CRC of it, `data`, masked CRC of it; all little-endian. The mask is that
/// of tensorflow/tsl/lib/hash/crc32c.h: rotated right by 15 bits, plus 0xa282ead8.
std::string tfrecord(std::string_view data);

/// Seconds since 1970, as TensorBoard's "wall" axis shows them.
using WallClock = std::function<double()>;

/// Writes DIR/events.out.tfevents.<seconds>.noesis.<process>.<number>, a file that no other writer
/// has. Values become single precision, as TensorBoard keeps them. One thread at a time. Times in
/// the file come from the clock; nothing reads them back.
class TensorboardWriter final : public ScalarSink {
 public:
  /// `resume_step` is for a run that goes on after that step: TensorBoard then forgets what earlier
  /// files of the folder say of later steps. An empty clock is the system's.
  /// @throws RunError where the file cannot be made.
  explicit TensorboardWriter(const std::filesystem::path& folder,
                             std::optional<std::int64_t> resume_step = {}, WallClock clock = {});

  /// @throws RunError where it cannot be written, ConfigError for an empty name.
  void scalar(std::string_view name, std::int64_t step, double value) override;
  void flush() override;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  void write(std::string_view event);

  WallClock clock_;
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace noesis
