// Steps of an adaptive integrator that all workers take together: the master's side.

#include "distributed/split_backend_impl.hpp"

namespace noesis {

/// Adaptive steps that all workers take together.
template <Real T>
class SplitBackendImpl<T>::Adaptive final : public AdaptiveStepper<T> {
 public:
  explicit Adaptive(SplitBackendImpl& backend) : backend_(backend) {}

  void start(const State<T>& x, double t_ms) override {
    start_ = {x, t_ms};
    has_start_ = true;
  }
  void advance(System<T>&, double target_ms, double limit_ms) override {
    begin();
    backend_.put_inputs();
    AdaptiveCommand<T> command;
    command.order = AdaptiveOrder::kAdvance;
    command.time_ms = target_ms;
    command.limit_ms = limit_ms;
    backend_.tell_all(WireType::kAdaptive, encode(command));
  }
  void interpolate(double t_ms, State<T>& x) const override {
    backend_.scatter_state(
        backend_.tell_all(WireType::kFetchAdaptive,
                          encode(AdaptiveQuery{AdaptiveQuestion::kInterpolate, t_ms})),
        x);
  }
  void stop(State<T>& x) override {
    AdaptiveCommand<T> command;
    command.order = AdaptiveOrder::kStop;
    backend_.scatter_state(backend_.tell_all(WireType::kAdaptive, encode(command)), x);
  }
  void resume(const State<T>& x) override {
    begin();
    send(AdaptiveOrder::kResume, x, 0);
  }
  StepStatistics statistics(std::int64_t env) const override {
    if (has_start_) return {};
    const auto& answers = backend_.tell_all(
        WireType::kFetchAdaptive, encode(AdaptiveQuery{AdaptiveQuestion::kStatistics, 0}));
    WireReader reader(answers.front());
    const auto all = reader.get_array<StepStatistics>();
    check_answer_size(all.size(), static_cast<std::size_t>(backend_.shape_.num_envs));
    return all[static_cast<std::size_t>(env)];
  }
  AdaptiveSnapshot<T> snapshot() const override {
    begin();
    const auto& answers = backend_.tell_all(WireType::kFetchAdaptive,
                                            encode(AdaptiveQuery{AdaptiveQuestion::kSnapshot, 0}));
    AdaptiveSnapshot<T> all;
    all.base = State<T>(backend_.shape_);
    for (std::size_t rank = 0; rank < answers.size(); ++rank) {
      auto part = decode<WireAdaptive<T>>(answers[rank]);
      put_values<T>(part.base, backend_.ids_of(rank), all.base);
      all.time = std::move(part.time);
      all.step = std::move(part.step);
      all.next_step = std::move(part.next_step);
      all.taken = std::move(part.taken);
      all.clipped = std::move(part.clipped);
      all.statistics = std::move(part.statistics);
      all.limit = part.limit;
    }
    return all;
  }
  void restore(System<T>&, const AdaptiveSnapshot<T>& s) override {
    if (!has_start_) start_ = {s.base, 0};
    begin();
    backend_.put_inputs();
    backend_.tell_each(WireType::kAdaptive, [&](std::size_t rank) {
      AdaptiveCommand<T> command;
      command.order = AdaptiveOrder::kRestore;
      command.snapshot = {own_values(s.base, backend_.ids_of(rank)),
                          s.time,
                          s.step,
                          s.next_step,
                          s.taken,
                          s.clipped,
                          s.statistics,
                          s.limit};
      return encode(command);
    });
  }

 private:
  /// The workers learn of a brain when it first moves, with the inputs that it then has.
  void begin() const {
    if (!has_start_) return;
    has_start_ = false;
    backend_.deal_out(start_.first, 0);
    send(AdaptiveOrder::kStart, start_.first, start_.second);
  }
  void send(AdaptiveOrder order, const State<T>& x, double t_ms) const {
    backend_.tell_each(WireType::kAdaptive, [&](std::size_t rank) {
      AdaptiveCommand<T> command;
      command.order = order;
      command.time_ms = t_ms;
      command.state = own_values(x, backend_.ids_of(rank));
      return encode(command);
    });
  }

  SplitBackendImpl& backend_;
  std::pair<State<T>, double> start_;
  mutable bool has_start_ = false;
};

template <Real T>
std::unique_ptr<AdaptiveStepper<T>> SplitBackendImpl<T>::make_adaptive() {
  if (!spec_.integrator.adaptive()) return nullptr;
  return std::make_unique<Adaptive>(*this);
}

template std::unique_ptr<AdaptiveStepper<float>> SplitBackendImpl<float>::make_adaptive();
template std::unique_ptr<AdaptiveStepper<double>> SplitBackendImpl<double>::make_adaptive();

}  // namespace noesis
