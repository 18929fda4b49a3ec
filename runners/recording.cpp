#include "runners/recording.hpp"

#include <cstdio>
#include <memory>

#include "core/atomic_file.hpp"
#include "core/error.hpp"
#include "core/npy.hpp"

namespace noesis {

namespace {

constexpr std::int64_t kBufferedValues = 1 << 18;  // a component, 2 MiB

std::int64_t rows_per_chunk(std::int64_t row_size) {
  return std::max<std::int64_t>(1, std::min<std::int64_t>(1024, kBufferedValues / row_size));
}

std::vector<std::string> component_datasets(const Hdf5File& file) {
  std::vector<std::string> names;
  for (const std::string& name : file.names("/")) {
    if (!name.starts_with("psd_") && name != "time_ms" && !name.starts_with("neuron_")) {
      names.push_back(name);
    }
  }
  return names;
}

void export_npz(const Hdf5File& in, const std::filesystem::path& file) {
  NpzArrays arrays;
  arrays.emplace_back("time_ms", npy_array(in.read<double>("time_ms")));
  arrays.emplace_back("neuron_id", npy_array(in.read<std::int64_t>("neuron_id")));
  const std::vector<std::string> names = in.read_strings("neuron_name");
  arrays.emplace_back("neuron_name", npy_strings(names));
  for (const std::string& component : component_datasets(in)) {
    const std::vector<double> values = in.read<double>(component);
    arrays.emplace_back(component, npy_array(std::span<const double>(values), in.shape(component)));
  }
  for (const char* name : {"psd_frequency_hz", "psd_density"}) {
    if (in.contains(name)) arrays.emplace_back(name, npy_array(in.read<double>(name)));
  }
  const std::string config = in.string_attribute("/", "config");
  arrays.emplace_back("config", npy_strings(std::span(&config, 1)));
  write_npz(file, arrays);
}

void export_csv(const Hdf5File& in, const std::filesystem::path& path) {
  AtomicFile target(path);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      std::fopen(target.temporary().c_str(), "w"), std::fclose);
  if (!file) throw file_error("cannot write", path, errno);
  const std::vector<std::string> components = component_datasets(in);
  const std::vector<std::string> neurons = in.read_strings("neuron_name");
  const Hdf5Shape shape = in.shape(components.front());
  const std::int64_t envs = shape[1];
  const auto num_neurons = static_cast<std::int64_t>(neurons.size());
  std::string line = "time_ms,environment";
  for (const std::string& component : components) {
    for (const std::string& neuron : neurons) line += "," + component + "." + neuron;
  }
  const auto put = [&] {
    line += '\n';
    if (std::fwrite(line.data(), 1, line.size(), file.get()) != line.size()) {
      throw file_error("cannot write", path, errno);
    }
  };
  put();
  const std::vector<double> times = in.read<double>("time_ms");
  std::vector<std::vector<double>> rows(components.size());
  char number[40];
  for (std::int64_t t = 0; t < shape[0]; ++t) {
    for (std::size_t c = 0; c < components.size(); ++c) {
      rows[c] = in.read_rows<double>(components[c], t, 1);
    }
    for (std::int64_t env = 0; env < envs; ++env) {
      std::snprintf(number, sizeof number, "%.17g", times[static_cast<std::size_t>(t)]);
      line = number;
      line += "," + std::to_string(env);
      for (const std::vector<double>& row : rows) {
        for (std::int64_t i = 0; i < num_neurons; ++i) {
          std::snprintf(number, sizeof number, ",%.17g",
                        row[static_cast<std::size_t>(env * num_neurons + i)]);
          line += number;
        }
      }
      put();
    }
  }
  if (std::fflush(file.get()) != 0) throw file_error("cannot write", path, errno);
  target.commit();
}

}  // namespace

Recorder::Recorder(const std::filesystem::path& file, RecordingLayout layout)
    : layout_(std::move(layout)),
      file_(Hdf5File::create(file)),
      buffers_(layout_.components.size()) {
  const auto neurons = static_cast<std::int64_t>(layout_.neurons.size());
  file_.create_rows<double>("time_ms", {}, 1024);
  for (const std::string& component : layout_.components) {
    file_.create_rows<double>(component, {layout_.num_envs, neurons},
                              rows_per_chunk(layout_.row_size()));
  }
  file_.write("neuron_id", layout_.neurons);
  file_.write_strings("neuron_name", layout_.neuron_names);
}

void Recorder::append(double time_ms, const std::vector<std::vector<double>>& values) {
  time_buffer_.push_back(time_ms);
  for (std::size_t c = 0; c < buffers_.size(); ++c) {
    buffers_[c].insert(buffers_[c].end(), values[c].begin(), values[c].end());
  }
  ++num_samples_;
  if (static_cast<std::int64_t>(time_buffer_.size()) >= rows_per_chunk(layout_.row_size())) {
    write_buffers();
  }
}

void Recorder::append_all(const std::filesystem::path& earlier) {
  const Hdf5File in = Hdf5File::open(earlier);
  const auto neurons = static_cast<std::int64_t>(layout_.neurons.size());
  const std::vector<double> times = in.read<double>("time_ms");
  const auto samples = static_cast<std::int64_t>(times.size());
  std::vector<std::vector<double>> values(layout_.components.size());
  for (const std::string& component : layout_.components) {
    if (in.shape(component) != Hdf5Shape{samples, layout_.num_envs, neurons}) {
      throw ConfigError({.what = "an interrupted recording of another shape",
                         .where = in.where(component),
                         .got = {},
                         .allowed = {},
                         .next = "run without --resume"});
    }
  }
  for (std::int64_t t = 0; t < samples; ++t) {
    for (std::size_t c = 0; c < values.size(); ++c) {
      values[c] = in.read_rows<double>(layout_.components[c], t, 1);
    }
    append(times[static_cast<std::size_t>(t)], values);
  }
}

void Recorder::set_attribute(const std::string& name, const std::string& text) {
  file_.set_attribute("/", name, text);
}

void Recorder::write_buffers() {
  if (time_buffer_.empty()) return;
  file_.append_rows<double>("time_ms", time_buffer_);
  time_buffer_.clear();
  for (std::size_t c = 0; c < buffers_.size(); ++c) {
    file_.append_rows<double>(layout_.components[c], buffers_[c]);
    buffers_[c].clear();
  }
}

void Recorder::flush() {
  write_buffers();
  file_.flush();
}

void Recorder::close() {
  write_buffers();
  file_.close();
}

RecordingFormat recording_format(const std::filesystem::path& file) {
  const std::string ending = file.extension().string();
  if (ending == ".h5" || ending == ".hdf5") return RecordingFormat::kHdf5;
  if (ending == ".npz") return RecordingFormat::kNpz;
  if (ending == ".csv") return RecordingFormat::kCsv;
  throw ConfigError({.what = "unknown recording format",
                     .where = "--out " + file.string(),
                     .got = "\"" + ending + "\"",
                     .allowed = ".h5, .npz or .csv",
                     .next = {}});
}

void export_recording(const std::filesystem::path& recording, const std::filesystem::path& file) {
  const RecordingFormat format = recording_format(file);
  if (format == RecordingFormat::kHdf5) {
    AtomicFile target(file);
    std::error_code error;
    std::filesystem::copy_file(recording, target.temporary(),
                               std::filesystem::copy_options::overwrite_existing, error);
    if (error) throw file_error("cannot write", file, error.value());
    target.commit();
    return;
  }
  const Hdf5File in = Hdf5File::open(recording);
  if (format == RecordingFormat::kNpz) {
    export_npz(in, file);
  } else {
    export_csv(in, file);
  }
}

}  // namespace noesis
