#include "server/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "core/rng.hpp"
#include "env/registry.hpp"
#include "tests/server/requests.hpp"

namespace noesis {
namespace {

using namespace noesis::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A session that made its environments, and the number of its next request.
class Client {
 public:
  explicit Client(SessionOptions options, MessageWriter made = testing::make())
      : options_(std::move(options)), session_(5, options_) {
    made_ = send(std::move(made));
  }
  /// As the dispatcher gives it requests, until there is an answer.
  Message send(MessageWriter request) {
    const Message message = parse(numbered(std::move(request), 77));
    FramesPtr answer;
    for (slices_ = 0; !answer; ++slices_) answer = session_.advance(message);
    return parse(answer);
  }
  std::uint64_t next() { return ++seq_; }
  const Message& made() const { return made_; }
  int slices() const { return slices_; }
  const Session& session() const { return session_; }

 private:
  SessionOptions options_;
  Session session_;
  Message made_;
  std::uint64_t seq_ = 0;
  int slices_ = 0;
};

SessionOptions counting_options(std::int64_t length = 0, std::int64_t limit = 0) {
  SessionOptions options;
  options.make_env = [=](const EnvRequest& request) { return counting(request, length, limit); };
  return options;
}

TEST(Session, MakesWhatIsAskedForAndSaysWhatItIs) {
  Client client({}, make(3, "SameStep"));
  const Message& spec = client.made();
  ASSERT_EQ(code_of(spec), "no error");
  EXPECT_EQ(spec.type(), reply_to(MessageType::kMake));
  EXPECT_EQ(spec.uint_at("id"), 77u);
  EXPECT_EQ(spec.uint_at("session"), 5u);
  EXPECT_EQ(spec.uint_at("num_envs"), 3u);
  EXPECT_EQ(spec.text_at("autoreset_mode", ""), "SameStep");
  EXPECT_EQ(spec.uint_at("max_episode_steps"), 100u);
  EXPECT_THAT(spec.text_at("action_space", ""), HasSubstr(R"({"type": "Box")"));
  EXPECT_THAT(spec.text_at("options", ""), HasSubstr("energy_weight"));
}

TEST(Session, RefusesEnvironmentsThatCannotBe) {
  const auto code = [](SessionOptions options, MessageWriter request) {
    return code_of(Client(std::move(options), std::move(request)).made());
  };
  EXPECT_EQ(code({}, make(0)), "CONFIG");
  EXPECT_EQ(code({}, make(-1)), "CONFIG");
  EXPECT_EQ(code({}, make(1 << 20)), "CONFIG");
  EXPECT_EQ(code({}, make(1, "Sometimes")), "CONFIG");
  EXPECT_EQ(code({}, make(1, "NextStep", 't', "noesis/Nothing-v0")), "CONFIG");
  EXPECT_EQ(code({.default_env = "noesis/Steer-v0", .only_default_env = true},
                 make(1, "NextStep", 't', "noesis/Emulate-v0")),
            "CONFIG");
  MessageWriter unknown = make();
  unknown.field("options", FieldList{"no_such_key=1"});
  EXPECT_EQ(code({}, std::move(unknown)), "CONFIG");
  MessageWriter key = make();
  key.field("optoins", FieldList{"noise=1"});
  EXPECT_EQ(code({}, std::move(key)), "MALFORMED");
  MessageWriter text = make();
  text.field("options", "noise=1");
  EXPECT_EQ(code({}, std::move(text)), "MALFORMED");
}

// Broken by any difference from the batch in process: a seed, an order, a copy.
TEST(Session, HasTheBitsOfTheBatchInProcess) {
  Client client({}, make(3));
  const auto batch = make_vec("noesis/Steer-v0", 3);
  const Message first = client.send(reset(5, client.next(), ~std::uint64_t{0}));
  batch->reset(~std::uint64_t{0});
  EXPECT_THAT(values_of<float>(first, "observation"),
              ::testing::ElementsAreArray(batch->observations()));
  std::vector<float> actions(static_cast<std::size_t>(3 * batch->action_size()));
  for (int k = 0; k < 130; ++k) {  // beyond the time limit
    for (std::size_t i = 0; i < actions.size(); ++i)
      actions[i] = std::sin(static_cast<float>(k * 31 + static_cast<int>(i)));
    const Message result = client.send(step(5, client.next(), {3, batch->action_size()}, actions));
    batch->step(actions);
    ASSERT_EQ(values_of<float>(result, "observation"),
              std::vector(batch->observations().begin(), batch->observations().end()));
    ASSERT_THAT(values_of<double>(result, "reward"), ::testing::ElementsAreArray(batch->rewards()));
    ASSERT_THAT(values_of<std::uint8_t>(result, "truncated"),
                ::testing::ElementsAreArray(batch->truncated()));
    ASSERT_THAT(values_of<double>(result, "info/distance"),
                ::testing::ElementsAreArray(batch->info().columns().at("distance").values));
  }
}

TEST(Session, RefusesActionsThatAreNone) {
  Client client({}, make(2));
  const auto size = static_cast<std::int64_t>(client.made().uint_at("action_size"));
  const auto n = static_cast<std::size_t>(2 * size);
  const auto code = [&](const Shape& shape, std::vector<float> actions) {
    return code_of(client.send(step(5, client.next(), shape, actions)));
  };
  const std::vector<float> good(n, 0.5f);
  EXPECT_EQ(code({2, size}, good), "CONFIG") << "a step before the first reset";
  client.send(reset(5, client.next()));
  std::vector<float> bad = good;
  bad[n - 1] = std::nanf("");
  EXPECT_EQ(code({2, size}, bad), "CONFIG");
  bad[n - 1] = INFINITY;
  EXPECT_EQ(code({2, size}, bad), "CONFIG");
  EXPECT_EQ(code({2 * size}, good), "MALFORMED");
  EXPECT_EQ(code({1, size}, std::vector<float>(n / 2)), "MALFORMED");
  MessageWriter doubles = of_session(MessageType::kStep, 5, client.next());
  doubles.array<double>("action", {2, size}, std::vector<double>(n));
  EXPECT_EQ(code_of(client.send(std::move(doubles))), "MALFORMED");
  EXPECT_EQ(code_of(client.send(of_session(MessageType::kStep, 5, client.next()))), "MALFORMED");
  EXPECT_EQ(code({2, size}, good), "no error");
}

// Broken by refusing what the environments in process clip, or by not clipping it.
TEST(Session, TakesActionsOutOfBoundsAsTheNearestBound) {
  const auto rewards = [](float action) {
    Client client({}, make(1));
    client.send(reset(5, client.next()));
    const auto size = static_cast<std::int64_t>(client.made().uint_at("action_size"));
    return values_of<double>(
        client.send(step(5, client.next(), {1, size},
                         std::vector<float>(static_cast<std::size_t>(size), action))),
        "reward");
  };
  EXPECT_EQ(rewards(1e30f), rewards(1));
  EXPECT_NE(rewards(0.5f), rewards(1));
}

// Broken by final rows that are not kept before the reset, or by masks of the wrong environments.
TEST(Session, GivesFinalResultsWhereEpisodesEnded) {
  Client client(counting_options(2), make(2, "SameStep"));
  MessageWriter partly = reset(5, client.next());
  client.send(std::move(partly));
  Message result = client.send(step(5, client.next(), {2, 1}, {0, 0}));
  EXPECT_EQ(result.find_array("final_observation"), nullptr);
  MessageWriter again = reset(5, client.next());
  again.array<std::uint8_t>("reset_mask", {2}, std::vector<std::uint8_t>{1, 0});
  result = client.send(std::move(again));
  EXPECT_THAT(values_of<std::uint8_t>(result, "info/started/mask"), ElementsAre(1, 0));
  EXPECT_EQ(result.find_array("info/count"), nullptr) << "of the environment that was not reset";
  result = client.send(step(5, client.next(), {2, 1}, {0, 0}));
  EXPECT_THAT(values_of<std::uint8_t>(result, "terminated"), ElementsAre(0, 1));
  EXPECT_THAT(values_of<std::uint8_t>(result, "final_mask"), ElementsAre(0, 1));
  EXPECT_EQ(values_of<float>(result, "final_observation")[2], 2) << "two steps since its reset";
  EXPECT_EQ(values_of<float>(result, "observation")[2], 0);
  EXPECT_THAT(values_of<double>(result, "final_info/count"), ElementsAre(0, 2));
}

// Broken by seeds that are shifted or given to other environments.
TEST(Session, GivesEachEnvironmentASeedOfItsOwn) {
  const auto observations = [](Field seed, std::vector<std::uint8_t> mask = {1, 1}) {
    Client client(counting_options(), make(2));
    MessageWriter request = of_session(MessageType::kReset, 5, client.next());
    request.field("seed", std::move(seed));
    request.array<std::uint8_t>("reset_mask", {2}, mask);
    return values_of<float>(client.send(std::move(request)), "observation");
  };
  using U = std::uint64_t;
  const auto together = observations(U{7});
  EXPECT_EQ(observations(FieldList{U{7}, U{8}}), together);
  const auto swapped = observations(FieldList{U{8}, U{7}});
  EXPECT_EQ(swapped[1], together[3]);
  EXPECT_EQ(swapped[3], together[1]);
  EXPECT_EQ(observations(FieldList{U{7}, Field()})[3], observations(Field())[3]);
  EXPECT_EQ(observations(FieldList{U{7}}).size(), 0u) << "one seed for two is refused";
}

// Broken by options that are dropped on the way: the task is to see, and here to refuse, them.
TEST(Session, HandsOptionsToTheTask) {
  Client client(counting_options());
  MessageWriter request = reset(5, client.next());
  request.array<std::int64_t>("options/unheard_of", {}, std::vector<std::int64_t>{1});
  EXPECT_EQ(code_of(client.send(std::move(request))), "CONFIG");
  MessageWriter other = reset(5, client.next());
  other.array<std::int64_t>("unheard_of", {}, std::vector<std::int64_t>{1});
  EXPECT_EQ(code_of(client.send(std::move(other))), "MALFORMED");
}

// Broken by steps that are not taken one at a time, or that differ from single ones.
TEST(Session, TakesManyStepsOneAtATime) {
  Client many(counting_options(3), make(2)), single(counting_options(3), make(2));
  const std::vector<float> actions = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  many.send(reset(5, many.next()));
  single.send(reset(5, single.next()));
  const Message result =
      many.send(step(5, many.next(), {5, 2, 1}, actions, MessageType::kStepMany));
  EXPECT_EQ(many.slices(), 5);
  std::vector<float> observations;
  std::vector<double> rewards;
  for (std::size_t k = 0; k < 5; ++k) {
    const Message one =
        single.send(step(5, single.next(), {2, 1}, {actions[2 * k], actions[2 * k + 1]}));
    for (const float x : values_of<float>(one, "observation")) observations.push_back(x);
    for (const double x : values_of<double>(one, "reward")) rewards.push_back(x);
  }
  EXPECT_EQ(values_of<float>(result, "observation"), observations);
  EXPECT_EQ(values_of<double>(result, "reward"), rewards);
  EXPECT_EQ(result.find_array("observation")->shape, (Shape{5, 2, 2}));
  EXPECT_EQ(values_of<std::uint8_t>(result, "info/started/mask").size(), 10u) << "a reset within";
  EXPECT_EQ(many.session().env_steps(), 8) << "two of ten were resets";
}

TEST(Session, EndsManyStepsWhereAnEpisodeEndsWithoutAutoreset) {
  Client client(counting_options(2), make(1, "Disabled"));
  client.send(reset(5, client.next()));
  const auto many = [&] {
    return client.send(step(5, client.next(), {4, 1, 1}, {0, 0, 0, 0}, MessageType::kStepMany));
  };
  EXPECT_THAT(values_of<std::uint8_t>(many(), "terminated"), ElementsAre(0, 1));
  EXPECT_EQ(code_of(many()), "CONFIG") << "it is over";
  client.send(reset(5, client.next()));
  EXPECT_THAT(values_of<std::uint8_t>(many(), "terminated"), ElementsAre(0, 1));
}

TEST(Session, RefusesAnswersLargerThanAMessage) {
  Client client({.default_env = {}, .max_num_envs = 1 << 20, .make_env = {}}, make(1 << 20));
  EXPECT_EQ(code_of(client.made()), "CONFIG");
  Client steps(counting_options());
  steps.send(reset(5, steps.next()));
  const std::int64_t count = 1 << 20;
  const std::vector<float> actions(static_cast<std::size_t>(count));
  EXPECT_EQ(
      code_of(steps.send(step(5, steps.next(), {count, 1, 1}, actions, MessageType::kStepMany))),
      "CONFIG");
}

// Broken by states that leave anything out.
TEST(Session, ForksABrain) {
  Client client({}, make(2));
  const auto size = static_cast<std::int64_t>(client.made().uint_at("action_size"));
  const std::vector<float> push(static_cast<std::size_t>(2 * size), 0.3f);
  client.send(reset(5, client.next()));
  client.send(step(5, client.next(), {2, size}, push));
  MessageWriter get = of_session(MessageType::kGetState, 5, client.next());
  get.field("env", std::uint64_t{1});
  const auto state = values_of<std::uint8_t>(client.send(std::move(get)), "state");
  const auto before =
      values_of<float>(client.send(step(5, client.next(), {2, size}, push)), "observation");
  for (const std::uint64_t env : {1, 0}) {
    MessageWriter set = of_session(MessageType::kSetState, 5, client.next());
    set.field("env", env);
    set.array<std::uint8_t>("state", {std::ssize(state)}, state);
    ASSERT_EQ(code_of(client.send(std::move(set))), "no error");
    const auto after =
        values_of<float>(client.send(step(5, client.next(), {2, size}, push)), "observation");
    const auto half = static_cast<std::ptrdiff_t>(after.size() / 2);
    EXPECT_TRUE(std::equal(before.begin() + half, before.end(),
                           after.begin() + static_cast<std::ptrdiff_t>(env) * half));
  }
  MessageWriter foreign = of_session(MessageType::kSetState, 5, client.next());
  foreign.array<std::uint8_t>("state", {3}, std::vector<std::uint8_t>{1, 2, 3});
  EXPECT_EQ(code_of(client.send(std::move(foreign))), "CONFIG");
  MessageWriter nobody = of_session(MessageType::kGetState, 5, client.next());
  nobody.field("env", std::uint64_t{2});
  EXPECT_EQ(code_of(client.send(std::move(nobody))), "CONFIG");
}

// Broken by a task that trusts a state: a client may send any. What is accepted may be nonsense, as
// long as it harms nobody: the session goes on, or says that it cannot.
TEST(Session, SurvivesForgedStatesOfEveryTask) {
  RandomSequence random(3, Stream::kTask);
  for (const std::string& id : env_ids()) {
    SCOPED_TRACE(id);
    Client client({}, make(1, "NextStep", 't', id));
    ASSERT_EQ(code_of(client.made()), "no error");
    client.send(reset(5, client.next()));
    const auto state = values_of<std::uint8_t>(
        client.send(of_session(MessageType::kGetState, 5, client.next())), "state");
    ASSERT_FALSE(state.empty());
    const auto size = static_cast<std::int64_t>(client.made().uint_at("action_size"));
    for (int k = 0; k < 60; ++k) {
      auto forged = state;
      if (k % 3 == 0) forged.resize(random.below(forged.size()));
      for (std::uint64_t n = 1 + random.below(4); n > 0 && !forged.empty(); --n) {
        // Anywhere, and where the lengths and counters are.
        const std::uint64_t range =
            k % 2 == 0 ? forged.size() : std::min<std::size_t>(forged.size(), 200);
        forged[random.below(range)] = static_cast<std::uint8_t>(random.below(256));
      }
      MessageWriter set = of_session(MessageType::kSetState, 5, client.next());
      set.array<std::uint8_t>("state", {std::ssize(forged)}, forged);
      const std::string code = code_of(client.send(std::move(set)));
      EXPECT_TRUE(code == "no error" || code == "CONFIG") << code;
      const std::vector<float> action(static_cast<std::size_t>(size), 0.1f);
      const std::string step_code = code_of(client.send(step(5, client.next(), {1, size}, action)));
      EXPECT_TRUE(step_code == "no error" || step_code == "CONFIG" || step_code == "RUN")
          << step_code;
      if (step_code != "no error") client.send(reset(5, client.next()));
    }
  }
}

TEST(Session, ShowsWhatThereIsToSee) {
  Client client({}, make(1));
  client.send(reset(5, client.next()));
  const Message seen = client.send(of_session(MessageType::kRender, 5, client.next()));
  ASSERT_EQ(code_of(seen), "no error");
  const FieldList& rows = seen.list_at("rows");
  ASSERT_GE(rows.size(), 1u);
  EXPECT_FALSE(values_of<double>(seen, "rows/0").empty());
  EXPECT_EQ(values_of<double>(seen, "graph/x").size(),
            values_of<double>(seen, "graph/levels").size());
  EXPECT_THAT(seen.text_at("text", ""), HasSubstr("|"));
}

// Broken by going on with an environment whose state a defect left unknown, or by letting it out.
TEST(Session, GivesUpAfterADefectAndNotAfterAFailedRun) {
  class Failing final : public Task {
   public:
    std::int64_t num_envs() const override { return 1; }
    const Space& observation_space() const override { return space_; }
    const Space& action_space() const override { return space_; }
    void reset(std::int64_t, std::uint64_t, const Dict&, std::span<float> observation,
               InfoTable&) override {
      observation[0] = 0;
    }
    void step(std::span<const float> actions, std::span<const std::uint8_t>,
              const TaskStep& out) override {
      if (actions[0] == 1) throw RunError({"it blew up", {}, {}, {}, {}});
      if (actions[0] == 2) throw std::bad_alloc();
      if (actions[0] == 3) throw std::logic_error("a defect");
      out.observations[0] = 0;
      out.rewards[0] = out.terminated[0] = 0;
    }
    void save(std::int64_t, ByteWriter&) const override {}
    void load(std::int64_t, ByteReader&) override {}
    std::vector<RenderRow> render_rows(std::int64_t) const override { return {}; }
    RenderGraph render_graph(std::int64_t) const override { return {}; }

   private:
    Space space_ = uniform_box({1}, -9, 9);
  };
  SessionOptions options;
  options.make_env = [](const EnvRequest&) {
    return std::make_unique<VectorEnv>(std::make_unique<Failing>(), EnvSpec{});
  };
  Client client(options);
  client.send(reset(5, client.next()));
  const auto code = [&](float action) {
    return code_of(client.send(step(5, client.next(), {1, 1}, {action})));
  };
  EXPECT_EQ(code(1), "RUN");
  EXPECT_EQ(code(2), "MEMORY");
  EXPECT_EQ(code(0), "no error");
  EXPECT_EQ(code(3), "INTERNAL");
  EXPECT_EQ(code(0), "INTERNAL");
}

}  // namespace
}  // namespace noesis
