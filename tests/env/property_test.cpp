// What holds for all spaces, values and histories.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/error.hpp"
#include "env/space.hpp"
#include "env/vector_env.hpp"
#include "tests/env/counting_task.hpp"

namespace noesis {
namespace {

Space any_space(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 6 : 4);
  const auto shape = *rc::gen::container<Shape>(*rc::gen::inRange<std::size_t>(0, 3),
                                                rc::gen::inRange<std::int64_t>(0, 4));
  if (kind == 0) {
    const auto dtype = static_cast<DType>(*rc::gen::inRange(0, 4));
    const double low = *rc::gen::inRange(0, 5);
    return uniform_box(shape, low, low + *rc::gen::inRange(0, 5), dtype);
  }
  if (kind == 1) {
    return Discrete{*rc::gen::inRange<std::int64_t>(1, 9), *rc::gen::inRange<std::int64_t>(-9, 9)};
  }
  if (kind == 2) {
    return MultiDiscrete{
        *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(1, 6))};
  }
  if (kind == 3) return MultiBinary{shape};
  const int parts = *rc::gen::inRange(0, 4);
  if (kind == 4) {
    DictSpace dict;
    for (int k = 0; k < parts; ++k)
      dict.spaces.emplace(std::string(1, static_cast<char>('a' + k)), any_space(depth - 1));
    return dict;
  }
  TupleSpace tuple;
  for (int k = 0; k < parts; ++k) tuple.spaces.push_back(any_space(depth - 1));
  return tuple;
}

TEST(SpaceProperty, ContainsItsSamplesAndGivesThemBackFromTheirFlatForm) {
  EXPECT_TRUE(rc::check([] {
    const Space space = any_space(2);
    RandomSequence random(*rc::gen::arbitrary<std::uint64_t>(), Stream::kTask);
    const Value value = space.sample(random);
    RC_ASSERT(space.violation(value) == "");
    std::vector<float> flat(static_cast<std::size_t>(space.flat_size()));
    space.flatten(value, flat);
    const Value back = space.unflatten(flat);
    std::vector<float> again(flat.size());
    space.flatten(back, again);  // float64 boxes are rounded once
    RC_ASSERT(flat == again);
    RC_ASSERT(space == Space(space));
  }));
}

// Bytes that were not written by a snapshot never crash, hang or ask for memory without bound.
TEST(SnapshotProperty, AnyBytesAreTakenOrRefused) {
  EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& bytes) {
    VectorEnv envs(std::make_unique<testing::CountingTask>(1, 0), {});
    envs.reset(0);
    Snapshot snapshot = envs.snapshot(0);
    const std::size_t at = *rc::gen::inRange<std::size_t>(0, snapshot.size());
    for (std::size_t k = 0; k < bytes.size() && at + k < snapshot.size(); ++k) {
      snapshot[at + k] = bytes[k];
    }
    try {
      envs.restore(0, snapshot);
    } catch (const ConfigError&) {
      return;
    }
    RC_ASSERT(envs.snapshot(0).size() == snapshot.size());
  }));
}

}  // namespace
}  // namespace noesis
