#include "env/space_json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace noesis {
namespace {

// Broken by dropping a digit of a float's bits, or by bounds that are not nested as the shape is.
TEST(SpaceJson, WritesBoxesWithBoundsOfTheirShape) {
  EXPECT_EQ(space_json(Box{{2, 1}, {-1, 0.1}, {1, std::numeric_limits<double>::infinity()}}),
            R"({"type": "Box", "dtype": "float32", "shape": [2, 1], )"
            R"("low": [[-1], [0.10000000149011612]], "high": [[1], [Infinity]]})");
  EXPECT_EQ(space_json(uniform_box({}, -2, 3, DType::kInt64)),
            R"({"type": "Box", "dtype": "int64", "shape": [], "low": -2, "high": 3})");
  EXPECT_EQ(space_json(uniform_box({0}, 0, 1, DType::kUint8)),
            R"({"type": "Box", "dtype": "uint8", "shape": [0], "low": [], "high": []})");
}

TEST(SpaceJson, WritesCountableSpaces) {
  EXPECT_EQ(space_json(Discrete{3, -1}),
            R"({"type": "Discrete", "dtype": "int64", "start": -1, "n": 3})");
  EXPECT_EQ(space_json(MultiDiscrete{{2, 5}}),
            R"({"type": "MultiDiscrete", "dtype": "int64", "nvec": [2, 5]})");
  EXPECT_EQ(space_json(MultiBinary{{4}}), R"({"type": "MultiBinary", "n": [4]})");
}

// Broken by not escaping keys.
TEST(SpaceJson, WritesSpacesOfSpaces) {
  EXPECT_EQ(space_json(DictSpace{{{"a\"\n", Discrete{2}}, {"b", TupleSpace{{MultiBinary{{1}}}}}}}),
            R"({"type": "Dict", "subspaces": {"a\"\u000a": {"type": "Discrete", "dtype": "int64", )"
            R"("start": 0, "n": 2}, "b": {"type": "Tuple", "subspaces": )"
            R"([{"type": "MultiBinary", "n": [1]}]}}})");
}

}  // namespace
}  // namespace noesis
