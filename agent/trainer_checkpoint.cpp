// Checkpoints of training: configuration, parameters, optimiser, agent states, environments,
// scales and counters, in HDF5, so that they can be read without noesis.
#include <algorithm>
#include <cmath>
#include <string>

#include "agent/torch_threads.hpp"
#include "agent/trainer.hpp"
#include "core/atomic_file.hpp"
#include "core/checkpoint.hpp"
#include "core/config_difference.hpp"
#include "core/error.hpp"
#include "core/hdf5_file.hpp"

namespace noesis {
namespace {

constexpr const char* kKind = "agent";
constexpr int kSchema = 1;

void write_tensor(Hdf5File& file, const std::string& name, const torch::Tensor& tensor) {
  const torch::Tensor values = tensor.detach().contiguous();
  const Hdf5Shape shape(values.sizes().begin(), values.sizes().end());
  file.write<float>(
      name, {values.const_data_ptr<float>(), static_cast<std::size_t>(values.numel())}, shape);
}

/// Into a tensor of the size that is expected.
void read_tensor(const Hdf5File& file, const std::string& name, torch::Tensor& into) {
  const Hdf5Shape expected(into.sizes().begin(), into.sizes().end());
  const Hdf5Shape shape = file.shape(name);
  const auto text = [](const Hdf5Shape& sizes) {
    std::string joined;
    for (const std::int64_t size : sizes)
      joined += (joined.empty() ? "" : " x ") + std::to_string(size);
    return joined.empty() ? std::string("a single number") : joined;
  };
  if (shape != expected) {
    throw ConfigError({.what = "an array of another size",
                       .where = file.where(name),
                       .got = text(shape),
                       .allowed = text(expected),
                       .next = "the checkpoint is of another agent"});
  }
  const std::vector<float> values = file.read<float>(name);
  for (const float x : values) {
    if (std::isfinite(x)) continue;
    throw ConfigError({.what = "a number that is not finite",
                       .where = file.where(name),
                       .got = std::to_string(x),
                       .allowed = "finite numbers",
                       .next = {}});
  }
  const torch::NoGradGuard no_grad;
  into.copy_(torch::from_blob(const_cast<float*>(values.data()), into.sizes()));
}

std::string part_name(std::size_t index) {
  constexpr const char* kNames[] = {"hidden", "cache_u", "cache_v",    "slot",
                                    "rates",  "biases",  "arousal",    "meta",
                                    "key",    "post",    "prediction", "pending"};
  return std::string("state/") + kNames[index];
}

[[noreturn]] void refuse(const std::string& where, const std::string& got,
                         const std::string& allowed) {
  throw ConfigError({.what = "not what was saved",
                     .where = where,
                     .got = got,
                     .allowed = allowed,
                     .next = "the checkpoint is damaged, or of another version"});
}

}  // namespace

void Trainer::save(const std::filesystem::path& folder) const {
  CheckpointWriter checkpoint(folder, kKind, kSchema);
  write_file_atomically(checkpoint.part("config.toml"), config_to_toml(config_));
  Hdf5File file = Hdf5File::create(checkpoint.part("agent.h5"));
  file.set_attribute("/", "updates", updates_);
  file.set_attribute("/", "observation_size", agent_->shape().observation_size);
  file.set_attribute("/", "action_size", agent_->shape().action_size);
  for (const auto& item : agent_->named_parameters()) {
    write_tensor(file, "parameters/" + item.key(), item.value());
    const auto found = optimizer_->state().find(item.value().unsafeGetTensorImpl());
    if (found == optimizer_->state().end()) continue;
    const auto& moments = static_cast<const torch::optim::AdamParamState&>(*found->second);
    const std::string group = "optimizer/" + item.key();
    write_tensor(file, group + "/exp_avg", moments.exp_avg());
    write_tensor(file, group + "/exp_avg_sq", moments.exp_avg_sq());
    file.set_attribute(group, "step", moments.step());
  }
  for (const auto& item : agent_->named_buffers()) {
    write_tensor(file, "buffers/" + item.key(), item.value());
  }
  const auto parts = collector_->state.parts();
  for (std::size_t p = 0; p < parts.size(); ++p) write_tensor(file, part_name(p), *parts[p]);
  file.write("scales/observed", collector_->observed.pack());
  file.write("scales/discounted", collector_->discounted.pack());
  file.write("scales/so_far", collector_->so_far);
  std::vector<std::uint8_t> fresh;
  for (std::int64_t e = 0; e < env_->num_envs(); ++e) {
    fresh.push_back(collector_->fresh[e].item<bool>() ? 1 : 0);
    file.write("environments/" + std::to_string(e), env_->snapshot(e));
  }
  file.write("fresh", fresh);
  file.close();
  checkpoint.commit();
}

void Trainer::load(const std::filesystem::path& folder) {
  const CheckpointReader checkpoint(folder, kKind, kSchema);
  const auto saved = load_config<TrainConfig>(checkpoint.part("config.toml"));
  if (const auto differs = first_difference(config_, saved)) {
    throw ConfigError({.what = "the checkpoint is of another configuration",
                       .where = folder.string() + ": " + differs->key,
                       .got = differs->first,
                       .allowed = differs->second + " (as it was saved)",
                       .next = "resume with the same configuration"});
  }
  const Hdf5File file = Hdf5File::open(checkpoint.part("agent.h5"));
  const auto updates = file.attribute<std::int64_t>("/", "updates");
  if (updates < 0) refuse(file.where("updates"), std::to_string(updates), "at least 0");
  load_agent(*agent_, file);
  for (auto& item : agent_->named_parameters()) {
    const std::string group = "optimizer/" + item.key();
    if (updates == 0 || !file.contains(group)) continue;
    auto moments = std::make_unique<torch::optim::AdamParamState>();
    torch::Tensor mean = torch::zeros_like(item.value(), torch::kFloat32).detach();
    torch::Tensor square = mean.clone();
    read_tensor(file, group + "/exp_avg", mean);
    read_tensor(file, group + "/exp_avg_sq", square);
    moments->exp_avg(mean);
    moments->exp_avg_sq(square);
    moments->step(file.attribute<std::int64_t>(group, "step"));
    optimizer_->state()[item.value().unsafeGetTensorImpl()] = std::move(moments);
  }
  const auto parts = collector_->state.parts();
  for (std::size_t p = 0; p < parts.size(); ++p) {
    torch::Tensor part = torch::zeros_like(*parts[p]);
    read_tensor(file, part_name(p), part);
    *parts[p] = part;
  }
  const auto scale = [&](const std::string& name, RunningScale& into) {
    if (!into.unpack(file.read<double>(name))) refuse(file.where(name), "another length", "");
  };
  scale("scales/observed", collector_->observed);
  scale("scales/discounted", collector_->discounted);
  const auto num_envs = static_cast<std::size_t>(env_->num_envs());
  std::vector<double> so_far = file.read<double>("scales/so_far");
  const std::vector<std::uint8_t> fresh = file.read<std::uint8_t>("fresh");
  if (so_far.size() != num_envs || fresh.size() != num_envs) {
    refuse(file.where("fresh"), std::to_string(fresh.size()), std::to_string(num_envs));
  }
  collector_->so_far = std::move(so_far);
  for (std::size_t e = 0; e < num_envs; ++e) {
    const auto env = static_cast<std::int64_t>(e);
    collector_->fresh[env] = fresh[e] != 0;
    env_->restore(env, file.read<std::uint8_t>("environments/" + std::to_string(e)));
  }
  updates_ = updates;
}

void load_agent(HybridAgentImpl& agent, const Hdf5File& file) {
  for (auto& item : agent.named_parameters()) {
    read_tensor(file, "parameters/" + item.key(), item.value());
  }
  for (auto& item : agent.named_buffers()) {
    read_tensor(file, "buffers/" + item.key(), item.value());
  }
}

TrainedPolicy load_policy(const std::filesystem::path& folder, TrainConfig& config) {
  use_one_torch_thread();
  const CheckpointReader checkpoint(folder, kKind, kSchema);
  config = load_config<TrainConfig>(checkpoint.part("config.toml"));
  const Hdf5File file = Hdf5File::open(checkpoint.part("agent.h5"));
  const AgentShape shape = training_shape(file.attribute<std::int64_t>("/", "observation_size"),
                                          file.attribute<std::int64_t>("/", "action_size"), config);
  HybridAgent agent(config.agent, shape, static_cast<std::uint64_t>(config.seed));
  load_agent(*agent, file);
  RunningScale observed(static_cast<std::size_t>(shape.observation_size));
  if (!observed.unpack(file.read<double>("scales/observed"))) {
    refuse(file.where("scales/observed"), "another length", "");
  }
  return {.policy = mean_policy(agent, config.ppo, observed), .shape = shape};
}

void check_sizes(const TrainedPolicy& trained, const VectorEnv& env, const std::string& id) {
  if (env.observation_size() == trained.shape.observation_size &&
      env.action_size() == trained.shape.action_size) {
    return;
  }
  const auto text = [](std::int64_t observations, std::int64_t actions) {
    return std::to_string(observations) + " observations and " + std::to_string(actions) +
           " actions";
  };
  throw ConfigError({.what = "the agent was trained in another environment",
                     .where = id,
                     .got = text(env.observation_size(), env.action_size()),
                     .allowed = text(trained.shape.observation_size, trained.shape.action_size),
                     .next = {}});
}

}  // namespace noesis
