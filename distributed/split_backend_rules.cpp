// Rules of plasticity that workers run on their rows: what the master says and asks.

#include "distributed/split_backend_impl.hpp"

namespace noesis {

template <Real T>
void SplitBackendImpl<T>::put_memory(std::int64_t, const PlasticBrain::Memory& rules) {
  const Homeostasis::Memory& memory = rules.homeostasis;
  if (memory.filtered.empty()) return;
  // Rows may still be dealt out anew before they are asked for.
  memory_ = RulesMemory{std::ssize(memory.filtered),
                        {memory.filtered.begin(), memory.filtered.end()},
                        {memory.shortfall.begin(), memory.shortfall.end()},
                        {memory.log_factors.begin(), memory.log_factors.end()}};
  num_born_ = memory_->num_born;
  has_memory_ = false;
}

template <Real T>
void SplitBackendImpl<T>::put_memory() {
  if (has_memory_ || !memory_) return;
  tell_each(WireType::kPutRules, [&](std::size_t rank) {
    RulesMemory own;
    own.num_born = memory_->num_born;
    const auto take = [&](const std::vector<double>& all, std::vector<double>& part) {
      for (const std::int32_t id : ids_of(rank)) {
        part.push_back(id < memory_->num_born ? all[static_cast<std::size_t>(id)] : 0);
      }
    };
    take(memory_->filtered, own.filtered);
    take(memory_->shortfall, own.shortfall);
    take(memory_->log_factors, own.log_factors);
    return encode(own);
  });
  has_memory_ = true;
}

template <Real T>
void SplitBackendImpl<T>::run_rules(std::int64_t, const WeightRules& rules,
                                    const WeightDecaySpec& decay) {
  put_memory();
  RulesCommand command;
  command.has_homeostasis = rules.homeostasis ? 1 : 0;
  if (rules.homeostasis) command.homeostasis = *rules.homeostasis;
  command.scales = rules.scales ? 1 : 0;
  command.has_oja = rules.oja_rate ? 1 : 0;
  command.oja_rate = rules.oja_rate.value_or(0);
  command.has_decay = rules.decay_ms ? 1 : 0;
  if (rules.decay_ms) command.decay_factor = decay_factor(decay, *rules.decay_ms);
  // Without homeostasis nobody says who is born; empty rows have nothing to change.
  command.num_born = rules.homeostasis ? num_born_ : shape_.num_neurons;
  tell_all(WireType::kRules, encode(command));
  biases_moved_ = biases_moved_ || rules.homeostasis.has_value();
}

template <Real T>
void SplitBackendImpl<T>::fetch_rules(std::int64_t, float* weights,
                                      const PlasticBrain::Memory& rules) {
  const Homeostasis::Memory& memory = rules.homeostasis;
  const auto& answers = tell_all(WireType::kFetchRules, {});
  for (std::size_t rank = 0; rank < answers.size(); ++rank) {
    const auto answer = decode<RulesAnswer>(answers[rank]);
    const auto ids = ids_of(rank);
    if (weights != nullptr) put_weights(answer.weights, table_, ids, weights);
    if (memory.filtered.empty()) continue;
    const auto put = [&](std::span<const double> own, std::span<double> all) {
      check_answer_size(own.size(), ids.size());
      for (std::size_t r = 0; r < ids.size(); ++r) {
        if (ids[r] < std::ssize(all)) all[static_cast<std::size_t>(ids[r])] = own[r];
      }
    };
    put(answer.memory.filtered, memory.filtered);
    put(answer.memory.shortfall, memory.shortfall);
    put(answer.memory.log_factors, memory.log_factors);
  }
}

template <Real T>
void SplitBackendImpl<T>::scatter_answers(const std::vector<Bytes>& answers, T* values) const {
  for (std::size_t rank = 0; rank < answers.size(); ++rank) {
    WireReader reader(answers[rank]);
    const std::vector<T> own = reader.get_array<T>();
    check_answer_size(own.size(), ids_of(rank).size());
    scatter_rows(own.data(), ids_of(rank), 1, values);
  }
}

template <Real T>
void SplitBackendImpl<T>::copy_biases(std::span<T> bias) const {
  for (std::size_t i = 0; i < bias.size(); ++i) {
    bias[i] = static_cast<T>(surgeon_.bias(0, static_cast<std::int64_t>(i)));
  }
}

template <Real T>
void SplitBackendImpl<T>::fetch_biases(std::int64_t, std::span<T> bias) {
  if (!has_rows_) return copy_biases(bias);
  scatter_answers(tell_all(WireType::kFetchBiases, {}), bias.data());
  // What is there now is what the surgeon is about to be told.
  if (biases_moved_ && !sent_inputs_.empty()) {
    for (std::size_t rank = 0; rank < sent_inputs_.size(); ++rank) {
      const auto ids = ids_of(rank);
      gather_rows<T>(bias.data(), ids, 1, sent_inputs_[rank].arrays[0].data());
    }
  }
  biases_moved_ = false;
}

template <Real T>
void SplitBackendImpl<T>::fetch_outputs(std::int64_t, std::span<T> outputs) {
  scatter_answers(tell_all(WireType::kFetchOutputs, {}), outputs.data());
}

template void SplitBackendImpl<float>::put_memory(std::int64_t, const PlasticBrain::Memory&);
template void SplitBackendImpl<float>::run_rules(std::int64_t, const WeightRules&,
                                                 const WeightDecaySpec&);
template void SplitBackendImpl<float>::fetch_rules(std::int64_t, float*,
                                                   const PlasticBrain::Memory&);
template void SplitBackendImpl<float>::fetch_biases(std::int64_t, std::span<float>);
template void SplitBackendImpl<float>::fetch_outputs(std::int64_t, std::span<float>);
template void SplitBackendImpl<double>::put_memory(std::int64_t, const PlasticBrain::Memory&);
template void SplitBackendImpl<double>::run_rules(std::int64_t, const WeightRules&,
                                                  const WeightDecaySpec&);
template void SplitBackendImpl<double>::fetch_rules(std::int64_t, float*,
                                                    const PlasticBrain::Memory&);
template void SplitBackendImpl<double>::fetch_biases(std::int64_t, std::span<double>);
template void SplitBackendImpl<double>::fetch_outputs(std::int64_t, std::span<double>);

}  // namespace noesis
