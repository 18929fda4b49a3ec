// brain.h5: everything that a simulation needs to go on bit for bit.

#include <algorithm>

#include "core/checkpoint.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/hdf5_file.hpp"
#include "physics/simulation_impl.hpp"

namespace noesis {

namespace {

constexpr int kSchemaVersion = 2;
constexpr const char* kKind = "simulation";

template <class T>
void write_state(Hdf5File& file, const std::string& name, const State<T>& x) {
  const BatchShape& s = x.shape();
  file.write(name, std::span<const T>(x.data(), static_cast<std::size_t>(x.size())),
             {s.num_tiles(), s.num_components, s.num_neurons, s.tile_width});
}

template <class T>
void read_state(const Hdf5File& file, const std::string& name, State<T>& x) {
  const std::vector<T> values = file.read<T>(name);
  if (static_cast<std::int64_t>(values.size()) != x.size()) {
    throw ConfigError({.what = "array of the wrong size",
                       .where = file.where(name),
                       .got = std::to_string(values.size()),
                       .allowed = std::to_string(x.size()),
                       .next = {}});
  }
  std::copy(values.begin(), values.end(), x.data());
}

/// A vector with one element an environment.
template <class T>
std::vector<T> read_envs(const Hdf5File& file, const std::string& name, std::int64_t num_envs) {
  std::vector<T> values = file.read<T>(name);
  if (static_cast<std::int64_t>(values.size()) != num_envs) {
    throw ConfigError({.what = "array of the wrong size",
                       .where = file.where(name),
                       .got = std::to_string(values.size()),
                       .allowed = std::to_string(num_envs),
                       .next = {}});
  }
  return values;
}

/// What a checkpoint must agree on with the simulation that reads it, as (name, value).
template <class Impl>
std::vector<std::pair<std::string, std::string>> identity(const Impl& sim, const char* precision) {
  std::string connectomes;
  for (const ConnectomePtr& connectome : sim.connectomes) connectomes += connectome->digest();
  return {{"connectome", digest_text(connectomes)},
          {"specification", config_digest(sim.spec)},
          {"precision", precision},
          {"environments", std::to_string(sim.shape.num_envs)}};
}

void write_adaptive(Hdf5File& file, const auto& s) {
  write_state(file, "adaptive/base", s.base);
  file.write("adaptive/time", s.time);
  file.write("adaptive/step", s.step);
  file.write("adaptive/next_step", s.next_step);
  file.write("adaptive/taken", s.taken);
  file.write("adaptive/clipped", s.clipped);
  file.set_attribute("adaptive", "limit", s.limit);
  std::vector<std::int64_t> counts;
  std::vector<double> sizes;
  for (const StepStatistics& env : s.statistics) {
    counts.insert(counts.end(), {env.accepted, env.rejected});
    sizes.insert(sizes.end(), {env.min_dt_ms, env.max_dt_ms});
  }
  file.write("adaptive/counts", counts);
  file.write("adaptive/sizes", sizes);
}

template <Real T>
AdaptiveSnapshot<T> read_adaptive(const Hdf5File& file, const BatchShape& shape) {
  AdaptiveSnapshot<T> s;
  s.base = State<T>(shape);
  read_state(file, "adaptive/base", s.base);
  s.time = read_envs<double>(file, "adaptive/time", shape.num_envs);
  s.step = read_envs<double>(file, "adaptive/step", shape.num_envs);
  s.next_step = read_envs<double>(file, "adaptive/next_step", shape.num_envs);
  s.taken = read_envs<std::uint8_t>(file, "adaptive/taken", shape.num_envs);
  s.clipped = read_envs<std::uint8_t>(file, "adaptive/clipped", shape.num_envs);
  s.limit = file.attribute<double>("adaptive", "limit");
  const auto counts = read_envs<std::int64_t>(file, "adaptive/counts", 2 * shape.num_envs);
  const auto sizes = read_envs<double>(file, "adaptive/sizes", 2 * shape.num_envs);
  for (std::size_t e = 0; e < s.time.size(); ++e) {
    s.statistics.push_back({counts[2 * e], counts[2 * e + 1], sizes[2 * e], sizes[2 * e + 1]});
  }
  return s;
}

template <Real T>
const char* precision_name() {
  return sizeof(T) == 8 ? "double" : "float";
}

}  // namespace

template <Real T>
void Simulation<T>::write(const std::filesystem::path& path) const {
  const Impl& sim = *impl_;
  impl_->present_state();
  impl_->settle_rules();
  Hdf5File file = Hdf5File::create(path);
  for (const auto& [name, value] : identity(sim, precision_name<T>())) {
    file.set_attribute("/", name, value);
  }
  file.set_attribute("/", "num_steps", sim.num_steps);
  write_state(file, "state", sim.state);
  const auto arrays = impl_->surgeon.arrays();
  for (std::size_t k = 0; k < arrays.size(); ++k) {
    write_state(file, std::string("surgeon/") + Surgeon<T>::kArrayNames[k], *arrays[k]);
  }
  if (const DelayLine<T>* delays = impl_->present_history()) {
    std::vector<T> history;
    for (std::int64_t env = 0; env < sim.shape.num_envs; ++env) {
      delays->append_history(env, sim.num_steps, history);
    }
    file.write("history", history);
  }
  for (std::size_t e = 0; e < sim.plastic.size(); ++e) {
    sim.plastic[e].write(file, "plasticity/" + std::to_string(e));
  }
  file.write("seeds", sim.seeds);
  file.write("episode_start", sim.episode_start);
  if (sim.adaptive) {
    file.create_group("adaptive");
    file.set_attribute("adaptive", "now", sim.now);
    file.set_attribute("adaptive", "segment_start", sim.segment_start);
    file.set_attribute("adaptive", "inputs_changed", std::int64_t{sim.inputs_changed});
    write_adaptive(file, sim.adaptive->snapshot());
  }
  file.close();
}

template <Real T>
void Simulation<T>::read(const std::filesystem::path& path) {
  Impl& sim = *impl_;
  const Hdf5File file = Hdf5File::open(path);
  for (const auto& [name, value] : identity(sim, precision_name<T>())) {
    const std::string got = file.string_attribute("/", name);
    if (got != value) {
      throw ConfigError({.what = "the checkpoint is of another " + name,
                         .where = path.string(),
                         .got = got,
                         .allowed = value,
                         .next = "resume with the configuration it was saved with"});
    }
  }
  // Read everything before anything is changed, so that a damaged file leaves the simulation whole.
  State<T> state(sim.shape);
  read_state(file, "state", state);
  const auto arrays = sim.surgeon.arrays();
  std::vector<State<T>> loaded;
  for (std::size_t k = 0; k < arrays.size(); ++k) {
    loaded.emplace_back(arrays[k]->shape());
    read_state(file, std::string("surgeon/") + Surgeon<T>::kArrayNames[k], loaded.back());
  }
  auto seeds = read_envs<std::uint64_t>(file, "seeds", sim.shape.num_envs);
  auto episode_start = read_envs<std::int64_t>(file, "episode_start", sim.shape.num_envs);
  const auto num_steps = file.attribute<std::int64_t>("/", "num_steps");
  DelayLine<T>* const delays = sim.present_history();
  std::vector<T> history;
  if (delays != nullptr) {
    history = read_envs<T>(file, "history", delays->history_size() * sim.shape.num_envs);
  }
  std::vector<PlasticBrain> plastic = sim.plastic;
  for (std::size_t e = 0; e < plastic.size(); ++e) {
    plastic[e].read(file, "plasticity/" + std::to_string(e));
  }
  AdaptiveSnapshot<T> adaptive;
  double now = 0, segment_start = 0;
  bool inputs_changed = false;
  if (sim.adaptive) {
    adaptive = read_adaptive<T>(file, sim.shape);
    now = file.attribute<double>("adaptive", "now");
    segment_start = file.attribute<double>("adaptive", "segment_start");
    inputs_changed = file.attribute<std::int64_t>("adaptive", "inputs_changed") != 0;
  }
  sim.settle_rules();
  sim.edit_state() = std::move(state);
  for (std::size_t k = 0; k < arrays.size(); ++k) *arrays[k] = std::move(loaded[k]);
  sim.surgeon.refresh();
  sim.seeds = std::move(seeds);
  sim.episode_start = std::move(episode_start);
  sim.num_steps = num_steps;
  sim.now = now;
  sim.segment_start = segment_start;
  sim.inputs_changed = inputs_changed;
  sim.plastic = std::move(plastic);
  for (std::int64_t env = 0; env < sim.shape.num_envs; ++env) {
    if (!sim.plastic.empty()) sim.use_plastic_synapses(env, false);
    if (delays == nullptr) continue;
    const auto size = static_cast<std::size_t>(delays->history_size());
    delays->set_history(
        env, num_steps,
        std::span<const T>(history).subspan(static_cast<std::size_t>(env) * size, size));
  }
  sim.history_changed();
  if (sim.adaptive) sim.adaptive->restore(sim.backend, adaptive);
}

template <Real T>
void Simulation<T>::save(const std::filesystem::path& directory) const {
  CheckpointWriter checkpoint(directory, kKind, kSchemaVersion);
  write(checkpoint.part("brain.h5"));
  checkpoint.commit();
}

template <Real T>
void Simulation<T>::load(const std::filesystem::path& directory) {
  const CheckpointReader checkpoint(directory, kKind, kSchemaVersion);
  read(checkpoint.part("brain.h5"));
}

template void Simulation<float>::write(const std::filesystem::path&) const;
template void Simulation<double>::write(const std::filesystem::path&) const;
template void Simulation<float>::read(const std::filesystem::path&);
template void Simulation<double>::read(const std::filesystem::path&);
template void Simulation<float>::save(const std::filesystem::path&) const;
template void Simulation<double>::save(const std::filesystem::path&) const;
template void Simulation<float>::load(const std::filesystem::path&);
template void Simulation<double>::load(const std::filesystem::path&);

}  // namespace noesis
