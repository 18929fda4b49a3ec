#include "runners/simulate.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <numeric>
#include <optional>

#include "core/atomic_file.hpp"
#include "core/checkpoint.hpp"
#include "core/error.hpp"
#include "core/interrupt.hpp"
#include "core/progress.hpp"
#include "data/memory.hpp"
#include "physics/connectome_io.hpp"
#include "physics/plasticity/load_monitor.hpp"
#include "physics/scheduled_simulation.hpp"
#include "physics/vitals/lyapunov.hpp"
#include "runners/factory.hpp"
#include "runners/jobs/words.hpp"
#include "runners/recording.hpp"
#include "runners/report.hpp"
#include "runners/run_folder.hpp"
#include "runners/simulation_plot.hpp"
#include "runners/vitals_summary.hpp"

namespace noesis {

namespace fs = std::filesystem;

namespace {

constexpr const char* kCheckpointKind = "simulate";
constexpr int kCheckpointSchema = 2;
/// 97.5% of Student's t with 9 degrees of freedom: an exponent's error is over ten blocks.
constexpr double kStudent9 = 2.262;
constexpr std::int64_t kVitalsNeurons = 256;
constexpr std::int64_t kVitalsSamples = 1 << 17;  // the last ones, so that memory stays bounded

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

struct Paths {
  fs::path recording, config, summary, checkpoint, decisions, plot;
};

/// @throws ConfigError where there is a recording already, or half of one.
void refuse_existing(const Paths& paths) {
  const bool is_done = fs::exists(paths.recording);
  if (!is_done && !fs::exists(paths.checkpoint)) return;
  throw ConfigError({.what = is_done ? "the file exists already" : "the file's run was interrupted",
                     .where = "--out " + paths.recording.string(),
                     .got = {},
                     .allowed = "a new file",
                     .next = is_done ? "--overwrite replaces it"
                                     : "--resume goes on with it, --overwrite begins anew"});
}

/// With --out FILE everything is named after it; else it goes to a folder of its own.
Paths output_paths(const SimulateOptions& options, const SimulateConfig& config,
                   const std::string& command) {
  if (!options.connectome_out.empty()) check_writable(options.connectome_out, "--connectome-out");
  if (options.out.empty()) {
    const fs::path folder = make_run_folder(command, config.seed);
    return {folder / "recording.h5",    folder / "config.toml",
            folder / "summary.json",    folder / "checkpoint",
            folder / "decisions.jsonl", folder / "parts" / "simulation.plot.json"};
  }
  recording_format(options.out);
  check_writable(options.out, "--out");
  const fs::path stem = options.out.parent_path() / options.out.stem();
  return {options.out,
          stem.string() + ".config.toml",
          stem.string() + ".summary.json",
          stem.string() + ".checkpoint",
          stem.string() + ".decisions.jsonl",
          stem.string() + ".plot.json"};
}

RecordingLayout make_layout(const SimulateConfig& config, const Connectome& connectome) {
  RecordingLayout layout;
  layout.components = recorded_components(config);
  layout.neurons = recorded_neurons(config, connectome);
  for (const std::int64_t id : layout.neurons) {
    layout.neuron_names.push_back(name_of_neuron(connectome, id));
  }
  layout.num_envs = config.num_envs;
  return layout;
}

/// Digest of all that a result depends on, which the number of threads and the backend are not.
std::string result_digest(SimulateConfig config) {
  config.threads = 0;
  config.backend = SimulateConfig{}.backend;
  config.checkpoint_interval_s = SimulateConfig{}.checkpoint_interval_s;
  return config_digest(config);
}

/// One simulation from beginning to end, or to an interruption.
template <Real T>
class Run {
 public:
  Run(const SimulateConfig& config, const SimulateOptions& options, const Paths& paths,
      const std::string& command)
      : config_(config),
        paths_(paths),
        command_(command),
        arena_(config.threads),
        connectomes_(make_connectomes(config)),
        scheduled_(config, connectomes_, arena_, make_factory(options)),
        simulation_(scheduled_.simulation()),
        partial_(temporary_beside(paths.recording)),
        recorder_(partial_, make_layout(config, *connectomes_.front())) {
    if (config.vitals.lyapunov && connectomes_.front()->has_delays()) {
      throw ConfigError({.what = "Lyapunov exponents need a connectome without delays",
                         .where = "vitals.lyapunov",
                         .got = "true, and conduction delays",
                         .allowed = "false",
                         .next = {}});
    }
    for (const std::string& key : scheduled_.schedule().unreached()) {
      std::fprintf(stderr, "noesis %s: %s begins after duration_ms = %g: it does nothing\n",
                   command.c_str(), key.c_str(), config.duration_ms);
    }
    recorder_.set_attribute("config", config_to_toml(config));
    recorder_.set_attribute("result_digest", result_digest(config));
    if (options.split && !options.split->monitor.empty()) start_monitor(options.split->monitor);
  }
  ~Run() {
    if (is_ending_) {
      std::fprintf(stderr,
                   "noesis: the run could not be brought to its end; its samples are in %s\n",
                   partial_.c_str());
      return;
    }
    std::error_code error;
    fs::remove(partial_, error);
  }

  void resume() {
    const CheckpointReader checkpoint(paths_.checkpoint, kCheckpointKind, kCheckpointSchema);
    const std::string digest =
        Hdf5File::open(checkpoint.part("recording.h5")).string_attribute("/", "result_digest");
    if (digest != result_digest(config_)) {
      throw ConfigError({.what = "the interrupted run had another configuration",
                         .where = paths_.checkpoint.string(),
                         .got = {},
                         .allowed = {},
                         .next = "resume with the same configuration (threads may differ), or run "
                                 "without --resume"});
    }
    simulation_.read(checkpoint.part("brain.h5"));
    scheduled_.resume();
    if (monitor_) read_monitor(checkpoint.part("monitor.json"));
    recorder_.append_all(checkpoint.part("recording.h5"));
  }

  /// False when interrupted: the checkpoint is written then.
  bool advance() {
    const InterruptScope interrupts;
    const std::int64_t samples = num_samples(config_);
    Stopwatch since_start, since_checkpoint;
    const std::int64_t first_step = num_steps();
    Progress progress(command_, samples - recorder_.num_samples(), "samples",
                      {.is_terminal = {}, .now_s = {}, .note = [&] {
                         return status(num_steps() - first_step, since_start.seconds());
                       }});
    while (recorder_.num_samples() < samples) {
      const double sample_time = sample_time_ms(config_, recorder_.num_samples());
      scheduled_.advance_to(sample_time);
      record(sample_time);
      if (monitor_) ask_monitor(sample_time);
      progress.advance();
      if (interrupt_requested() && recorder_.num_samples() < samples) {
        save_checkpoint();
        return false;
      }
      if (recorder_.num_samples() < samples) require_workers();
      if (since_checkpoint.seconds() >= config_.checkpoint_interval_s) {
        save_checkpoint();
        since_checkpoint = {};
      }
    }
    steps_per_s_ = static_cast<double>(num_steps() - first_step) / since_start.seconds();
    recorder_.close();
    return true;
  }

  /// Also completes and exports the recording.
  nlohmann::ordered_json result(const fs::path& connectome_out) {
    is_ending_ = true;
    const nlohmann::ordered_json measured = config_.vitals.enabled ? vitals() : nullptr;
    export_recording(partial_, paths_.recording);
    write_file_atomically(paths_.config, config_to_toml(config_));
    if (monitor_) write_file_atomically(paths_.decisions, decisions_);
    std::error_code error;
    fs::remove_all(paths_.checkpoint, error);  // of an interruption that is over
    const Connectome& connectome = *connectomes_.front();
    const StepStatistics steps = simulation_.statistics(0);
    nlohmann::ordered_json result = {
        {"recording", paths_.recording.string()},
        {"backend", simulation_.backend_name()},
        {"num_neurons", connectome.num_neurons()},
        {"num_synapses", connectome.num_synapses()},
        {"num_gap_junctions", connectome.num_gap_junctions()},
        {"connectome_digest", connectome.digest()},
        {"num_samples", recorder_.num_samples()},
        {"accepted_steps", steps.accepted},
        {"rejected_steps", steps.rejected},
        {"min_dt_ms", steps.min_dt_ms},
        {"max_dt_ms", steps.max_dt_ms},
    };
    if (watch_->report) result["split"] = watch_->report();
    if (config_.brain.integrator.adaptive()) result["steps"] = step_statistics();
    if (!config_.brain.plasticity.rules.empty()) result["plasticity"] = plasticity();
    if (!connectome_out.empty()) {
      save_connectome(*simulation_.connectome(0), connectome_out);
      result["connectome"] = connectome_out.string();
    }
    result["speed"] = {{"steps_per_s", steps_per_s_},
                       {"synapse_updates_per_s", steps_per_s_ * updates_per_step()},
                       {"memory_bytes", resident_memory_bytes()}};
    if (config_.vitals.enabled) result["vitals"] = measured;
    if (config_.vitals.lyapunov) result["lyapunov"] = lyapunov();
    is_ending_ = false;
    return result;
  }

  /// After result(): what the report draws, with what it says.
  void write_plot(const std::vector<std::pair<std::string, std::string>>& words) const {
    nlohmann::ordered_json plot = simulation_plot(partial_, config_);
    plot["words"] = words;
    std::error_code error;
    fs::remove(partial_, error);  // so that nothing is left should the page be interrupted
    fs::create_directories(paths_.plot.parent_path(), error);
    write_file_atomically(paths_.plot, plot.dump() + "\n");
  }

 private:
  BackendFactory<T> make_factory(const SimulateOptions& options) {
    if (!options.split) return backend_factory<T>(config_.backend);
    std::string connectomes;
    for (const ConnectomePtr& connectome : connectomes_) connectomes += connectome->digest();
    return split_backend_factory<T>(*options.split, {result_digest(config_), connectomes}, watch_);
  }

  /// `file` holds a LoadMonitorSpec, or is "default".
  void start_monitor(const std::string& file) {
    monitor_spec_ =
        file == "default" ? LoadMonitorSpec{} : load_config<LoadMonitorSpec>(fs::path(file));
    if (config_.num_envs != 1 || !config_.brain.plasticity.has("neurogenesis") ||
        !config_.brain.plasticity.has("pruning")) {
      throw ConfigError({.what = "there is nothing that the load monitor could command",
                         .where = "--monitor",
                         .got = {},
                         .allowed = "one environment whose plasticity.rules have \"neurogenesis\" "
                                    "and \"pruning\"",
                         .next = {}});
    }
    monitor_.emplace(monitor_spec_);
  }

  /// Does what it says, and writes down why.
  void ask_monitor(double time_ms) {
    const PlasticityReport report = simulation_.plasticity(0);
    const CognitiveLoad load = {.time_ms = time_ms,
                                .loss = simulation_.error(0),
                                .num_alive = report.num_alive,
                                .num_places = simulation_.shape().num_neurons,
                                .num_synapses = report.num_synapses};
    const LoadDecision decision = monitor_->decide(load);
    std::int64_t done = 0;
    if (decision.command == LoadCommand::kSpawn) {
      done = std::ssize(simulation_.spawn(0, decision.count));
    } else if (decision.command == LoadCommand::kSleep) {
      simulation_.sleep(0);
      done = report.num_synapses - simulation_.plasticity(0).num_synapses;
    }
    const nlohmann::ordered_json line = {{"time_ms", time_ms},
                                         {"command", name_of(decision.command)},
                                         {"done", done},
                                         {"loss", decision.loss},
                                         {"trend", decision.trend},
                                         {"capacity", decision.capacity},
                                         {"memory", decision.memory},
                                         {"num_alive", load.num_alive},
                                         {"num_synapses", load.num_synapses},
                                         {"reason", decision.reason}};
    decisions_ += line.dump() + "\n";
  }

  struct MonitorWriter {
    nlohmann::json& json;
    void operator()(const char* name, double value) { json[name] = value; }
  };
  struct MonitorReader {
    const nlohmann::json& json;
    void operator()(const char* name, double& value) { value = json.at(name).get<double>(); }
  };
  void write_monitor(const fs::path& file) const {
    nlohmann::json json = {{"decisions", decisions_}};
    MonitorWriter writer{json};
    LoadMonitor::visit_state(*monitor_, writer);
    write_file_atomically(file, json.dump());
  }
  void read_monitor(const fs::path& file) {
    std::ifstream stream(file);
    const nlohmann::json json = nlohmann::json::parse(stream);  // of a verified checkpoint
    decisions_ = json.at("decisions").get<std::string>();
    MonitorReader reader{json};
    LoadMonitor::visit_state(*monitor_, reader);
  }

  /// Of all environments: a product for each stage, or one where there are delays.
  double updates_per_step() const {
    const std::string& name = config_.brain.integrator.name;
    const int stages = name == "euler"                    ? 1
                       : name == "heun" || name == "ros2" ? 2
                       : name == "rk4"                    ? 4
                                                          : 7;
    const bool has_delays = connectomes_.front()->has_delays();
    return static_cast<double>(simulation_.plasticity(0).num_synapses * config_.num_envs) *
           (has_delays ? 1 : stages);
  }

  /// Of the first environment, which has its own where steps are adaptive.
  std::int64_t num_steps() const {
    return config_.brain.integrator.adaptive() ? simulation_.statistics(0).accepted
                                               : simulation_.num_steps();
  }

  /// What goes on, for the progress line.
  std::string status(std::int64_t steps, double elapsed_s) const {
    const double speed = static_cast<double>(steps) / elapsed_s;
    const PlasticityReport plastic = simulation_.plasticity(0);
    char text[200];
    std::snprintf(
        text, sizeof text, "| %.3g steps/s, %.3g synapse-updates/s, %.2f GiB, mean %s %.3g%s",
        speed, speed * updates_per_step(), static_cast<double>(resident_memory_bytes()) / (1 << 30),
        recorder_.layout().components.front().c_str(), last_mean_,
        plastic.asleep ? ", asleep" : "");
    return text;
  }

  /// What the adaptive integrator did in each environment.
  nlohmann::ordered_json step_statistics() const {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (std::int64_t env = 0; env < config_.num_envs; ++env) {
      const StepStatistics one = simulation_.statistics(env);
      all.push_back({{"accepted", one.accepted},
                     {"rejected", one.rejected},
                     {"min_dt_ms", one.min_dt_ms},
                     {"max_dt_ms", one.max_dt_ms}});
    }
    return all;
  }

  nlohmann::ordered_json plasticity() const {
    const PlasticityReport report = simulation_.plasticity(0);
    const auto weight_size = [](const Connectome& connectome) {
      double sum = 0;
      for (const float weight : connectome.synapses().weights) sum += std::abs(weight);
      return sum / static_cast<double>(std::max<std::int64_t>(connectome.num_synapses(), 1));
    };
    return {{"num_alive", report.num_alive},
            {"num_synapses", report.num_synapses},
            {"num_born", report.num_born},
            {"num_died", report.num_died},
            {"num_pruned", report.num_pruned},
            {"num_added", report.num_added},
            {"gain", report.gain},
            {"sleep_pressure", report.sleep_pressure},
            {"asleep", report.asleep},
            {"mean_absolute_weight_before", weight_size(*connectomes_.front())},
            {"mean_absolute_weight_after", weight_size(*simulation_.connectome(0))}};
  }

  void record(double time_ms) {
    const RecordingLayout& layout = recorder_.layout();
    values_.resize(layout.components.size());
    for (std::size_t c = 0; c < values_.size(); ++c) {
      values_[c].clear();
      for (std::int64_t env = 0; env < layout.num_envs; ++env) {
        for (const std::int64_t neuron : layout.neurons) {
          values_[c].push_back(simulation_.state().at(env, static_cast<int>(c), neuron));
        }
      }
    }
    last_mean_ = std::accumulate(values_[0].begin(), values_[0].end(), 0.0) /
                 static_cast<double>(values_[0].size());
    recorder_.append(time_ms, values_);
  }

  /// Saves the run where its workers are gone, and ends it.
  void require_workers() {
    const std::string why = watch_->given_up ? watch_->given_up() : std::string();
    if (why.empty()) return;
    save_checkpoint();
    throw RunError({.what = "the workers are lost: " + why + "; state and samples are saved",
                    .where = paths_.checkpoint.string(),
                    .got = {},
                    .allowed = {},
                    .next = "the same command with --resume goes on from there"});
  }

  void save_checkpoint() {
    CheckpointWriter checkpoint(paths_.checkpoint, kCheckpointKind, kCheckpointSchema);
    simulation_.write(checkpoint.part("brain.h5"));
    if (monitor_) write_monitor(checkpoint.part("monitor.json"));
    recorder_.flush();
    fs::copy_file(partial_, checkpoint.part("recording.h5"));
    checkpoint.commit();
  }

  /// Of the first environment, from the recording, to which the spectrum is added.
  nlohmann::ordered_json vitals() const {
    Hdf5File recording = Hdf5File::append(partial_);
    const auto neurons = static_cast<std::int64_t>(recorder_.layout().neurons.size());
    const std::int64_t units = std::min(neurons, kVitalsNeurons);
    const std::int64_t samples = std::min(recorder_.num_samples(), kVitalsSamples);
    std::vector<double> values;
    for (std::int64_t t = recorder_.num_samples() - samples; t < recorder_.num_samples(); ++t) {
      const auto row = recording.read_rows<double>(recorder_.layout().components[0], t, 1);
      values.insert(values.end(), row.begin(), row.begin() + units);
    }
    const SeriesView rates = {.data = values.data(),
                              .num_samples = samples,
                              .num_units = units,
                              .interval_ms = config_.record.interval_ms};
    const std::optional<Spectra> spectrum = measure_spectrum(rates, config_.vitals);
    if (spectrum) {
      recording.write("psd_frequency_hz", spectrum->frequencies_hz);
      recording.write("psd_density", spectrum->density);
    }
    recording.close();
    const bool are_rates = config_.brain.model.name == "wilson_cowan";  // others record a state
    return summarise_vitals(rates, spectrum, config_.vitals, are_rates);
  }

  /// On the brain without interventions, from the first environment's initial state.
  nlohmann::ordered_json lyapunov() const {
    const double tau = time_scale_ms(config_.brain.model);
    Simulation<double> brain({connectomes_.front()}, config_.brain,
                             {static_cast<std::uint64_t>(config_.seed)}, arena_);
    LyapunovOptions options;
    options.dt = std::min(config_.brain.integrator.dt_ms, 0.1 * tau);
    options.transient = 200 * tau;
    options.duration = config_.vitals.lyapunov_duration_ms;
    options.renormalise_interval = 0.5 * tau;
    std::fprintf(stderr, "noesis %s: measuring the Lyapunov exponent over %g ms\n",
                 command_.c_str(), options.duration);
    const LyapunovResult measured = lyapunov_spectrum(brain.system(), brain.state(), options);
    const double exponent = measured.exponents[0], error = measured.standard_errors[0];
    const double reach = kStudent9 * error;
    return {{"largest_per_ms", exponent},
            {"standard_error_per_ms", error},
            {"largest_times_tau", exponent * tau},
            {"interval_95_times_tau", {(exponent - reach) * tau, (exponent + reach) * tau}},
            {"dynamics", name_of(classify_dynamics({exponent, error}, tau))}};
  }

  const SimulateConfig& config_;
  const Paths& paths_;
  std::string command_;
  ThreadArena arena_;
  std::vector<ConnectomePtr> connectomes_;
  std::shared_ptr<SplitWatch> watch_ = std::make_shared<SplitWatch>();
  ScheduledSimulation<T> scheduled_;
  Simulation<T>& simulation_;  // scheduled_'s
  fs::path partial_;
  Recorder recorder_;
  std::vector<std::vector<double>> values_;
  bool is_ending_ = false;  // from here on the samples outlive a failure
  double last_mean_ = 0;
  double steps_per_s_ = 0;
  LoadMonitorSpec monitor_spec_;
  std::optional<LoadMonitor> monitor_;
  std::string decisions_;  // lines of JSON
};

/// The result in a few lines, each of what and how it is.
std::vector<std::pair<std::string, std::string>> words_of(const nlohmann::ordered_json& result,
                                                          const std::string& component) {
  std::vector<std::pair<std::string, std::string>> words;
  words.emplace_back("brain", text("%lld neurons, %lld synapses, %lld gap junctions",
                                   result.at("num_neurons").get<long long>(),
                                   result.at("num_synapses").get<long long>(),
                                   result.at("num_gap_junctions").get<long long>()));
  if (has(result, "vitals")) {
    const nlohmann::ordered_json& vitals = result.at("vitals");
    const std::string mean = text("mean %s %.3g, ", component.c_str(), num(vitals, "mean_rate"));
    words.emplace_back("activity",
                       mean + (has(vitals, "golomb_chi")
                                   ? text("deviation of a neuron %.3g, synchrony chi %.2f",
                                          num(vitals, "unit_deviation"), num(vitals, "golomb_chi"))
                                   : std::string("no neuron moves")));
  }
  if (has(result, "lyapunov")) {
    const nlohmann::ordered_json& lyapunov = result.at("lyapunov");
    const auto& interval = lyapunov.at("interval_95_times_tau");
    words.emplace_back("dynamics",
                       text("%s: largest Lyapunov exponent %.3g per tau, 95%% [%.3g, %.3g]",
                            str(lyapunov, "dynamics").c_str(), num(lyapunov, "largest_times_tau"),
                            interval.at(0).get<double>(), interval.at(1).get<double>()));
  }
  return words;
}

/// The page of a run with a folder of its own, and of others how to make one; no trouble with it
/// makes a run fail.
std::string report_line(const SimulateOptions& options, const Paths& paths) {
  if (!options.out.empty()) {
    return "report     `noesis report " + paths.recording.string() + "` makes it\n";
  }
  const fs::path folder = paths.recording.parent_path();
  return make_report(folder) ? "report     " + (folder / "report.html").string() + "\n" : "";
}

/// Whether the results of such a run are there.
bool is_finished(const SimulateOptions& options, const SimulateConfig& config, const Paths& paths) {
  if (has_checkpoint(paths.checkpoint)) return false;
  for (const fs::path& file : {paths.recording, paths.config, paths.summary}) {
    if (!fs::exists(file)) return false;
  }
  if (!options.connectome_out.empty() && !fs::exists(options.connectome_out)) return false;
  try {
    return result_digest(load_config<SimulateConfig>(paths.config)) == result_digest(config);
  } catch (const ConfigError&) {
    return false;  // of something else
  }
}

template <Real T>
int run(const SimulateConfig& config, const SimulateOptions& options, const Paths& paths,
        const std::string& command) {
  const Stopwatch since_start;
  Run<T> run(config, options, paths, command);
  if (options.resume && has_checkpoint(paths.checkpoint)) {
    run.resume();
  } else if (options.resume) {
    std::fprintf(stderr, "noesis %s: no checkpoint at %s: the run begins anew\n", command.c_str(),
                 paths.checkpoint.c_str());
  }
  if (!run.advance()) {
    std::fprintf(stderr,
                 "noesis %s: interrupted; state and samples are in %s\n"
                 "noesis %s: the same command with --resume goes on from there\n",
                 command.c_str(), paths.checkpoint.c_str(), command.c_str());
    return 130;
  }
  nlohmann::ordered_json result = run.result(options.connectome_out);
  const auto words = words_of(result, component_names(config.brain.model).front());
  const std::string summary = make_summary(command, config.seed, config_digest(config),
                                           since_start.seconds(), true, std::move(result))
                                  .dump(2);
  write_file_atomically(paths.summary, summary + "\n");
  std::string said;
  for (const auto& [what, how] : words) said += text("%-10s %s\n", what.c_str(), how.c_str());
  std::FILE* const out = options.json ? stderr : stdout;
  if (options.json) std::printf("%s\n", summary.c_str());
  std::fprintf(out, "%srecording  %s\nconfig     %s\nsummary    %s\n", said.c_str(),
               paths.recording.c_str(), paths.config.c_str(), paths.summary.c_str());
  try {
    run.write_plot(words);
    std::fputs(report_line(options, paths).c_str(), out);
  } catch (const UserError& error) {
    std::fprintf(stderr, "noesis %s: warning: there is nothing for a report: %s\n", command.c_str(),
                 error.what());
  }
  return 0;
}

}  // namespace

void add_backend_option(CLI::App& command, SimulateOptions& options) {
  command.add_option("--backend", options.backend,
                     "What takes fixed steps: auto, cpu, cuda or hip (the key backend)");
}

void add_overwrite_option(CLI::App& command, SimulateOptions& options) {
  command.add_flag("--overwrite", options.overwrite, "Replace what there is of the same --out")
      ->excludes("--resume");
}

SimulateConfig read_simulate_config(const SimulateOptions& options,
                                    const SimulateConfig& defaults) {
  std::vector<std::string> overrides = options.overrides;
  if (!options.backend.empty()) overrides.push_back("backend=" + options.backend);
  return options.config.empty() ? parse_config("", "--set", overrides, defaults)
                                : load_config(options.config, overrides, defaults);
}

int simulate(const SimulateOptions& options, const SimulateConfig& defaults,
             const std::string& command) {
  const SimulateConfig config = read_simulate_config(options, defaults);
  if (options.resume && options.out.empty()) {
    throw ConfigError({.what = "which run to resume is not said",
                       .where = "--resume",
                       .got = {},
                       .allowed = {},
                       .next = "name the interrupted run's file by --out FILE"});
  }
  const Paths paths = output_paths(options, config, command);
  if (options.resume && is_finished(options, config, paths)) {
    std::fprintf(
        stderr,
        "noesis %s: this run is finished (%s); nothing was done. --overwrite in place of --resume "
        "does it anew\n",
        command.c_str(), paths.summary.c_str());
    if (options.json) {
      std::ifstream summary(paths.summary);
      const std::string text(std::istreambuf_iterator<char>(summary), {});
      std::fputs(text.c_str(), stdout);
    }
    return 0;
  }
  const bool goes_on = options.resume && has_checkpoint(paths.checkpoint);
  if (!goes_on && !options.overwrite) refuse_existing(paths);
  try {
    return config.precision == "double" ? run<double>(config, options, paths, command)
                                        : run<float>(config, options, paths, command);
  } catch (...) {
    if (options.out.empty()) remove_empty_run_folder(paths.recording.parent_path());
    throw;
  }
}

}  // namespace noesis
