#include "distributed/split_backend.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "distributed/split_backend_impl.hpp"

namespace noesis {

namespace {

template <Real T>
ConnectomePtr single(const BackendRequest<T>& request) {
  if (request.connectomes.size() == 1) return request.connectomes.front();
  throw ConfigError({.what = "a batch of several connectomes is not split",
                     .where = "batch",
                     .got = "\"per_env\"",
                     .allowed = "\"shared\", or one environment",
                     .next = {}});
}

}  // namespace

template <Real T>
SplitBackendImpl<T>::SplitBackendImpl(std::shared_ptr<Crew> crew, const BackendRequest<T>& request,
                                      SplitOptions options)
    : crew_(std::move(crew)),
      options_(std::move(options)),
      connectome_(single(request)),
      spec_{request.model, request.integrator, request.noise_sigma},
      shape_(request.shape),
      surgeon_(request.surgeon),
      table_(view_of(connectome_->synapses())) {
  if (connectome_->has_delays()) {
    delays_ = std::make_unique<DelayLine<T>>(request.connectomes, shape_, spec_.integrator.dt_ms,
                                             one_thread_);
  }
  make_plan();
  report_.num_workers = crew_->size();
  if (options_.on_plan) options_.on_plan(report_);
}

template <Real T>
const std::vector<Bytes>& SplitBackendImpl<T>::tell(WireType type, std::vector<Bytes> payloads) {
  answers_ = crew_->call(type, std::move(payloads));
  return answers_;
}
template <Real T>
const std::vector<Bytes>& SplitBackendImpl<T>::tell_all(WireType type, Bytes payload) {
  return tell(type, std::vector<Bytes>(static_cast<std::size_t>(crew_->size()), payload));
}

template <Real T>
void SplitBackendImpl<T>::advance(State<T>& x, const StepRange& steps) {
  prepare(x, steps.first);
  const NormalCommand command{steps.first,
                              steps.count,
                              {steps.seeds.begin(), steps.seeds.end()},
                              {steps.episode_start.begin(), steps.episode_start.end()}};
  is_finite_ = true;
  report_.exchanges = {};
  double busy = 0, most_work = -1, its_wait = 0;
  for (const Bytes& bytes : tell_all(WireType::kNormal, encode(command))) {
    const auto answer = decode<NormalAnswer>(bytes);
    is_finite_ = is_finite_ && answer.is_finite != 0;
    const std::size_t rank = static_cast<std::size_t>(&bytes - answers_.data());
    busy = std::max(busy, answer.busy_s);
    const double wait = answer.statistics.wait_s - waited_[rank];
    waited_[rank] = answer.statistics.wait_s;
    // Who has less to do waits for who has more, which is no cost of exchanging.
    if (answer.busy_s - wait > most_work) {
      most_work = answer.busy_s - wait;
      its_wait = wait;
    }
    report_.exchanges.num_exchanges += answer.statistics.num_exchanges;
    report_.exchanges.bytes_sent += answer.statistics.bytes_sent;
    report_.exchanges.bytes_received += answer.statistics.bytes_received;
    report_.exchanges.bytes_copied += answer.statistics.bytes_copied;
    report_.exchanges.wait_s += answer.statistics.wait_s;
  }
  report_.busy_s += busy;
  report_.wait_s += its_wait;
  report_.num_steps += steps.count;
  step_ = steps.first + steps.count;
  is_ahead_ = true;
}

template <Real T>
bool SplitBackendImpl<T>::is_finite(const State<T>& x) {
  if (is_ahead_) return is_finite_;
  return std::all_of(x.data(), x.data() + x.size(), [](T v) { return std::isfinite(v); });
}

template <Real T>
void SplitBackendImpl<T>::fetch(State<T>& x) {
  if (is_ahead_) fetch_state(x);
}

template <Real T>
void SplitBackendImpl<T>::state_changed() {
  is_ahead_ = false;
  has_state_ = false;
}

template <Real T>
void SplitBackendImpl<T>::history_changed(std::int64_t step, const DelayLine<T>& line) {
  history_.clear();
  for (std::int64_t env = 0; env < shape_.num_envs; ++env) {
    line.append_history(env, step, history_);
  }
  history_step_ = step;
  has_history_ = false;
}

template <Real T>
void SplitBackendImpl<T>::synapses_changed(std::size_t, const SynapseView& table,
                                           bool same_structure) {
  table_ = table;
  if (same_structure) {
    has_weights_ = false;
  } else {
    has_plan_ = false;
  }
}

template <Real T>
void SplitBackendImpl<T>::prepare(State<T>& x, std::int64_t step) {
  step_ = step;
  if (!has_plan_ && has_rows_ && structure_digest(table_, shape_.num_neurons) == dealt_structure_) {
    // Nobody was born or pruned: workers keep their rows.
    has_plan_ = true;
    has_weights_ = false;
  }
  if (!has_plan_ || !has_rows_) {
    if (has_rows_ && is_ahead_) fetch_state(x);
    if (!has_plan_) {
      const std::int64_t before = report_.num_synapses;
      make_plan();
      const bool has_grown = report_.num_synapses >= before;
      deal_out(x, step,
               !was_dealt_out_ ? WireType::kInit
               : has_grown     ? WireType::kSpawn
                               : WireType::kSleep);
      if (options_.on_plan) options_.on_plan(report_);
    } else {
      deal_out(x, step);
    }
    return;
  }
  if (!has_weights_) send_weights();
  put_inputs();
  if (!has_state_) send_state(x);
  if (!has_history_ && delays_) send_history();
}

template <Real T>
void SplitBackendImpl<T>::put_inputs() {
  if (surgeon_.version() == inputs_version_) return;
  inputs_version_ = surgeon_.version();
  bool any = false;
  std::vector<WireInputs<T>> changed;
  for (std::size_t rank = 0; rank < plan_.workers.size(); ++rank) {
    WireInputs<T> now = own_inputs(rank);
    WireInputs<T>& other = changed.emplace_back();
    other.arrays.resize(now.arrays.size());
    for (std::size_t k = 0; k < now.arrays.size(); ++k) {
      if (now.arrays[k] == sent_inputs_[rank].arrays[k]) continue;
      any = true;
      sent_inputs_[rank].arrays[k] = now.arrays[k];
      other.arrays[k] = std::move(now.arrays[k]);
    }
  }
  if (!any) return;
  std::vector<Bytes> payloads;
  for (const WireInputs<T>& inputs : changed) payloads.push_back(encode(inputs));
  tell(WireType::kInputs, std::move(payloads));
}

template <Real T>
void SplitBackendImpl<T>::fetch_state(State<T>& x) {
  scatter_state(tell_all(WireType::kFetchState, {}), x);
  is_ahead_ = false;
  has_state_ = true;
}

template <Real T>
WireInputs<T> SplitBackendImpl<T>::own_inputs(std::size_t rank) const {
  WireInputs<T> inputs;
  // Read-only, through the one way to all of them.
  const auto arrays = const_cast<Surgeon<T>&>(surgeon_).arrays();
  for (const State<T>* const array : arrays) {
    inputs.arrays.push_back(own_values(*array, ids_of(rank)));
  }
  return inputs;
}

template <Real T>
void SplitBackendImpl<T>::send_weights() {
  tell_each(WireType::kWeights, [&](std::size_t rank) {
    WireWriter writer;
    writer.put_array(own_weights(table_, ids_of(rank)));
    return writer.take();
  });
  has_weights_ = true;
}

template <Real T>
void SplitBackendImpl<T>::send_state(const State<T>& x) {
  tell_each(WireType::kState, [&](std::size_t rank) {
    WireWriter writer;
    writer.put_array(own_values(x, ids_of(rank)));
    return writer.take();
  });
  has_state_ = true;
}

template <Real T>
void SplitBackendImpl<T>::scatter_state(const std::vector<Bytes>& answers, State<T>& x) const {
  for (std::size_t rank = 0; rank < answers.size(); ++rank) {
    WireReader reader(answers[rank]);
    put_values<T>(reader.get_array<T>(), ids_of(rank), x);
  }
}

template <Real T>
void SplitBackendImpl<T>::send_history() {
  tell_each(WireType::kHistory, [&](std::size_t rank) {
    return encode(HistoryCommand<T>{
        history_step_, own_history<T>(history_, plan_.workers[rank], *delays_, shape_)});
  });
  has_history_ = true;
}

template <Real T>
void SplitBackendImpl<T>::fetch_history(std::int64_t step, DelayLine<T>& line) {
  if (!has_rows_) return;
  WireWriter question;
  question.put(step);
  std::vector<HistoryCommand<T>> parts;
  for (const Bytes& bytes : tell_all(WireType::kFetchHistory, question.take())) {
    parts.push_back(decode<HistoryCommand<T>>(bytes));
  }
  history_ = merge_history<T>(parts, plan_.workers, line, shape_);
  history_step_ = step;
  const auto size = static_cast<std::size_t>(line.history_size());
  for (std::int64_t env = 0; env < shape_.num_envs; ++env) {
    line.set_history(
        env, step,
        std::span<const T>(history_).subspan(static_cast<std::size_t>(env) * size, size));
  }
}

template class SplitBackendImpl<float>;
template class SplitBackendImpl<double>;

template <Real T>
std::unique_ptr<SplitBackend<T>> make_split_backend(std::shared_ptr<Crew> crew,
                                                    const BackendRequest<T>& request,
                                                    SplitOptions options) {
  return std::make_unique<SplitBackendImpl<T>>(std::move(crew), request, std::move(options));
}

template std::unique_ptr<SplitBackend<float>> make_split_backend(std::shared_ptr<Crew>,
                                                                 const BackendRequest<float>&,
                                                                 SplitOptions);
template std::unique_ptr<SplitBackend<double>> make_split_backend(std::shared_ptr<Crew>,
                                                                  const BackendRequest<double>&,
                                                                  SplitOptions);

}  // namespace noesis
