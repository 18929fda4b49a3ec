// Adaptive steps of a worker: each runs the same stepper on its own rows, and the one error norm of
// all makes them choose the same steps.

#include <algorithm>

#include "distributed/worker_part.hpp"

namespace noesis {

template <Real T>
WireAdaptive<T> WorkerPart<T>::adaptive_snapshot() const {
  const AdaptiveSnapshot<T> s = adaptive_->snapshot();
  return {{s.base.data(), s.base.data() + s.base.size()},
          s.time,
          s.step,
          s.next_step,
          s.taken,
          s.clipped,
          s.statistics,
          s.limit};
}

template <Real T>
void WorkerPart<T>::restore_adaptive(const WireAdaptive<T>& wire) {
  const auto envs = static_cast<std::size_t>(shape_.num_envs);
  AdaptiveSnapshot<T> s{State<T>(shape_), wire.time,    wire.step,       wire.next_step,
                        wire.taken,       wire.clipped, wire.statistics, wire.limit};
  if (std::ssize(wire.base) != s.base.size() || s.time.size() != envs || s.step.size() != envs ||
      s.next_step.size() != envs || s.taken.size() != envs || s.clipped.size() != envs ||
      s.statistics.size() != envs) {
    throw WireError("an adaptive integration of another batch", std::to_string(wire.base.size()));
  }
  std::ranges::copy(wire.base, s.base.data());
  adaptive_->restore(system_, s);
}

template <Real T>
Bytes WorkerPart<T>::adapt(const AdaptiveCommand<T>& command) {
  if (!adaptive_) throw WireError("adaptive steps of a fixed-step integrator", "CMD_ADAPTIVE");
  switch (command.order) {
    case AdaptiveOrder::kStart:
      set_state(command.state);
      adaptive_->start(state_, command.time_ms);
      return {};
    case AdaptiveOrder::kAdvance:
      adaptive_->advance(system_, command.time_ms, command.limit_ms);
      return {};
    case AdaptiveOrder::kStop: {
      adaptive_->stop(state_);
      WireWriter writer;
      writer.put_array(state_values());
      return writer.take();
    }
    case AdaptiveOrder::kResume:
      set_state(command.state);
      adaptive_->resume(state_);
      return {};
    case AdaptiveOrder::kRestore:
      restore_adaptive(command.snapshot);
      return {};
  }
  throw WireError("an unknown order", std::to_string(static_cast<int>(command.order)));
}

template <Real T>
Bytes WorkerPart<T>::answer(const AdaptiveQuery& query) {
  if (!adaptive_) throw WireError("adaptive steps of a fixed-step integrator", "a question");
  WireWriter writer;
  switch (query.question) {
    case AdaptiveQuestion::kInterpolate:
      adaptive_->interpolate(query.time_ms, state_);
      writer.put_array(state_values());
      return writer.take();
    case AdaptiveQuestion::kStatistics: {
      std::vector<StepStatistics> all;
      for (std::int64_t env = 0; env < shape_.num_envs; ++env) {
        all.push_back(adaptive_->statistics(env));
      }
      writer.put_array(all);
      return writer.take();
    }
    case AdaptiveQuestion::kSnapshot:
      return encode(adaptive_snapshot());
  }
  throw WireError("an unknown question", std::to_string(static_cast<int>(query.question)));
}

template WireAdaptive<float> WorkerPart<float>::adaptive_snapshot() const;
template WireAdaptive<double> WorkerPart<double>::adaptive_snapshot() const;
template void WorkerPart<float>::restore_adaptive(const WireAdaptive<float>&);
template void WorkerPart<double>::restore_adaptive(const WireAdaptive<double>&);
template Bytes WorkerPart<float>::adapt(const AdaptiveCommand<float>&);
template Bytes WorkerPart<double>::adapt(const AdaptiveCommand<double>&);
template Bytes WorkerPart<float>::answer(const AdaptiveQuery&);
template Bytes WorkerPart<double>::answer(const AdaptiveQuery&);

}  // namespace noesis
