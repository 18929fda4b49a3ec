#include "distributed/prediction.hpp"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <thread>

#include "distributed/mailbox_communicator.hpp"
#include "distributed/worker_brain.hpp"
#ifdef NOESIS_HAVE_HEMISPHERES
#include "distributed/zmq_communicator.hpp"
#endif

namespace noesis {
namespace {

int num_stages(const SplitReport& plan) { return std::max(plan.stages_a_step, 1); }

class DryRunCrew final : public Crew {
 public:
  DryRunCrew(int size, int threads_each) : arena_(threads_each) {
    for (int rank = 0; rank < size; ++rank) {
      communicators_.push_back(make_dry_run_communicator(rank, size));
      workers_.push_back(std::make_unique<WorkerBrain>(*communicators_.back(), arena_));
    }
  }
  int size() const override { return static_cast<int>(workers_.size()); }
  std::string name() const override { return std::to_string(size()) + " workers that are alone"; }
  std::vector<Bytes> call(WireType type, std::vector<Bytes> payloads) override {
    std::vector<Bytes> answers;
    for (std::size_t rank = 0; rank < workers_.size(); ++rank) {
      answers.push_back(workers_[rank]->handle(type, payloads[rank]));
    }
    return answers;
  }
  void replace_lost() override {}

 private:
  ThreadArena arena_;
  std::vector<std::unique_ptr<Communicator>> communicators_;
  std::vector<std::unique_ptr<WorkerBrain>> workers_;
};

}  // namespace

double predict_step_s(const SplitReport& plan, const CostModel& model) {
  const auto workers = static_cast<double>(std::max<std::size_t>(plan.own.size(), 1));
  const double turns = model.cores > 0 ? std::max(1.0, workers / model.cores) : 1.0;
  double worst = 0;
  for (std::size_t w = 0; w < plan.own.size(); ++w) {
    const double stage = model.synapse_s * static_cast<double>(plan.synapses[w]) +
                         model.neuron_s * static_cast<double>(plan.own[w]);
    const double bytes = static_cast<double>(plan.bytes_sent[w] + plan.bytes_received[w]);
    const double overlap =
        stage * static_cast<double>(plan.interior[w]) / static_cast<double>(plan.own[w]);
    const double exchange =
        plan.own.size() > 1
            ? std::max(0.0, model.latency_s * turns + bytes / model.bytes_per_s - overlap)
            : 0.0;
    worst = std::max(worst, turns * num_stages(plan) * stage + plan.exchanges_a_step * exchange);
  }
  return worst;
}

double predict_speed_up(const SplitReport& plan, const CostModel& model) {
  double synapses = 0, neurons = 0;
  for (std::size_t w = 0; w < plan.own.size(); ++w) {
    synapses += static_cast<double>(plan.synapses[w]);
    neurons += static_cast<double>(plan.own[w]);
  }
  const double alone = num_stages(plan) * (model.synapse_s * synapses + model.neuron_s * neurons);
  return alone / predict_step_s(plan, model);
}

ExchangeTiming time_exchange([[maybe_unused]] bool over_tcp, int members, std::int64_t values,
                             int repeats) {
  LocalGroup group(members);
#ifdef NOESIS_HAVE_HEMISPHERES
  // Kept to the end of the process: with both ends of a connection in it, libzmq 4.3.4 was seen to
  // wait for ever for the end of a context whose sockets are all closed.
  static zmq::context_t& context = *new zmq::context_t;
  std::vector<WorkerPulse> pulses(static_cast<std::size_t>(members));
#endif
  std::vector<std::unique_ptr<Communicator>> communicators;
#ifdef NOESIS_HAVE_HEMISPHERES
  if (over_tcp) {
    std::vector<PeerAddress> addresses;
    std::vector<ZmqCommunicator*> raw;
    for (int rank = 0; rank < members; ++rank) {
      auto one = std::make_unique<ZmqCommunicator>(
          context, ZmqCommunicator::Options{.rank = rank,
                                            .size = members,
                                            .epoch = 1,
                                            .host = "127.0.0.1",
                                            .encrypted = false,
                                            .most_bytes = 1 << 30,
                                            .is_given_up = [] { return false; },
                                            .pulse = &pulses[static_cast<std::size_t>(rank)]});
      addresses.push_back(one->address());
      raw.push_back(one.get());
      communicators.push_back(std::move(one));
    }
    for (ZmqCommunicator* one : raw) one->connect(addresses);
  }
#endif
  while (std::ssize(communicators) < members) {
    communicators.push_back(group.communicator(static_cast<int>(std::ssize(communicators))));
  }
  std::barrier begin(members + 1);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < members; ++rank) {
    threads.emplace_back([&, rank] {
      std::vector<float> rates(static_cast<std::size_t>(values * members));
      std::vector<SentPiece> sent;
      std::vector<ReceivedPiece> received;
      const auto place = [&](int member) {
        return reinterpret_cast<std::byte*>(rates.data() + values * member);
      };
      for (int peer = 0; peer < members; ++peer) {
        if (peer == rank) continue;
        sent.push_back({peer, place(rank), sizeof(float), static_cast<std::size_t>(values), {}});
        received.push_back({peer, place(peer), static_cast<std::size_t>(values) * sizeof(float)});
      }
      const auto exchange = communicators[static_cast<std::size_t>(rank)]->make_exchange(
          std::move(sent), std::move(received));
      const auto once = [&] {
        exchange->start();
        exchange->finish();
      };
      for (int warm_up = 0; warm_up < 5; ++warm_up) once();
      begin.arrive_and_wait();
      for (int turn = 0; turn < repeats; ++turn) once();
    });
  }
  begin.arrive_and_wait();
  const auto start = std::chrono::steady_clock::now();
  for (std::thread& thread : threads) thread.join();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const ExchangeStatistics& statistics = communicators.front()->statistics();
  const auto count = static_cast<double>(statistics.num_exchanges);
  return {seconds / repeats, static_cast<double>(statistics.bytes_sent) / count,
          static_cast<double>(statistics.bytes_copied) / count};
}

std::unique_ptr<Crew> make_dry_run_crew(int size, int threads_each) {
  return std::make_unique<DryRunCrew>(size, threads_each);
}

}  // namespace noesis
