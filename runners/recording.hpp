#pragma once
/// Recordings of a simulation: streamed to HDF5 while it runs, so memory stays bounded, and turned
/// into the format that was asked for at the end.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/hdf5_file.hpp"

namespace noesis {

/// Datasets of a recording: `time_ms` (samples), one `<component>` (samples x environments x
/// neurons) for each recorded state variable, `neuron_id` (neurons), `neuron_name` (neurons).
struct RecordingLayout {
  std::vector<std::string> components;
  std::vector<std::int64_t> neurons;
  std::vector<std::string> neuron_names;  ///< as long as `neurons`
  std::int64_t num_envs = 1;

  std::int64_t row_size() const { return num_envs * static_cast<std::int64_t>(neurons.size()); }
};

class Recorder {
 public:
  /// Creates the file. @throws RunError.
  Recorder(const std::filesystem::path& file, RecordingLayout layout);

  /// One sample: values[c] is (environments x neurons) of component c.
  void append(double time_ms, const std::vector<std::vector<double>>& values);
  /// Takes over the samples of an earlier recording of the same layout. @throws ConfigError.
  void append_all(const std::filesystem::path& earlier);

  std::int64_t num_samples() const noexcept { return num_samples_; }
  const RecordingLayout& layout() const noexcept { return layout_; }
  void set_attribute(const std::string& name, const std::string& text);
  /// Writes everything out, so that the file is whole.
  void flush();
  /// flush() and close.
  void close();

 private:
  void write_buffers();

  RecordingLayout layout_;
  Hdf5File file_;
  std::int64_t num_samples_ = 0;
  std::vector<double> time_buffer_;
  std::vector<std::vector<double>> buffers_;
};

/// Formats by the ending of a name. @throws ConfigError for an ending that is not .h5, .npz or
/// .csv.
enum class RecordingFormat { kHdf5, kNpz, kCsv };
RecordingFormat recording_format(const std::filesystem::path& file);

/// Writes `recording` (a closed HDF5 recording) to `file`, atomically, in the format of its name.
/// .npz holds the same arrays; .csv a row for each sample and environment, a column for each neuron
/// and component.
void export_recording(const std::filesystem::path& recording, const std::filesystem::path& file);

}  // namespace noesis
