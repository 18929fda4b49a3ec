#include "env/space.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "env/render.hpp"
#include "env/sites.hpp"

namespace noesis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Value floats(std::vector<float> values) { return Array(std::move(values)); }

TEST(BoxSpace, ContainsWhatIsWithinItsBoundsInItsForm) {
  const Space box = Box{{2}, {-1, 0}, {1, kInfinity}};
  EXPECT_TRUE(box.contains(floats({-1, 1e30f})));
  EXPECT_THAT(box.violation(floats({2, 0})), HasSubstr("[0] = 2"));
  EXPECT_THAT(box.violation(floats({0, std::nanf("")})), HasSubstr("[1] = nan"));
  EXPECT_THAT(box.violation(floats({0})), HasSubstr("shape (1,) is not (2,)"));
  EXPECT_THAT(box.violation(Array(std::vector<double>{0, 0})), HasSubstr("float64"));
  EXPECT_THAT(box.violation(Dict{}), HasSubstr("no array"));
}

// Broken by keeping the bounds of a float32 box in double: 0.1f is above 0.1.
TEST(BoxSpace, HasBoundsOfItsOwnDtype) {
  EXPECT_TRUE(Space(uniform_box({1}, -1, 0.1)).contains(floats({0.1f})));
}

TEST(DiscreteSpaces, ContainWholeNumbersInTheirRange) {
  const Space discrete = Discrete{3, -1};
  EXPECT_TRUE(discrete.contains(Array(std::int64_t{-1})));
  EXPECT_FALSE(discrete.contains(Array(std::int64_t{2})));
  EXPECT_FALSE(discrete.contains(Array(1.0)));
  const Space at_the_edge = Discrete{2, std::numeric_limits<std::int64_t>::max() - 1};
  EXPECT_TRUE(at_the_edge.contains(Array(std::numeric_limits<std::int64_t>::max())));
  EXPECT_FALSE(at_the_edge.contains(Array(std::numeric_limits<std::int64_t>::min())));
  const Space multi = MultiDiscrete{{2, 3}};
  EXPECT_TRUE(multi.contains(Array(std::vector<std::int64_t>{1, 2})));
  EXPECT_FALSE(multi.contains(Array(std::vector<std::int64_t>{2, 2})));
  const Space binary = MultiBinary{{2}};
  EXPECT_TRUE(binary.contains(Array(std::vector<std::uint8_t>{1, 0})));
  EXPECT_FALSE(binary.contains(Array(std::vector<std::uint8_t>{1, 2})));
}

TEST(CompositeSpaces, NameThePartThatIsWrong) {
  const Space dict = DictSpace{{{"a", Discrete{2}}, {"b", uniform_box({1}, 0, 1)}}};
  EXPECT_TRUE(dict.contains(Dict{{"a", Array(std::int64_t{1})}, {"b", floats({0.5f})}}));
  EXPECT_THAT(dict.violation(Dict{{"a", Array(std::int64_t{1})}, {"b", floats({2})}}),
              HasSubstr("b: [0] = 2"));
  EXPECT_THAT(dict.violation(Dict{{"a", Array(std::int64_t{1})}}), HasSubstr("'b' is missing"));
  EXPECT_THAT(dict.violation(Dict{{"c", Dict{}}}), HasSubstr("'c' is unknown"));
  const Space tuple = TupleSpace{{Discrete{2}, Discrete{2}}};
  EXPECT_THAT(tuple.violation(Tuple{Array(std::int64_t{1})}), HasSubstr("1 parts are not 2"));
  EXPECT_THAT(tuple.violation(Tuple{Array(std::int64_t{1}), Array(std::int64_t{2})}),
              HasSubstr("(1): "));
}

TEST(Spaces, AreEqualWhenTheirPartsAre) {
  EXPECT_EQ(Space(Discrete{3}), Space(Discrete{3}));
  EXPECT_FALSE(Space(Discrete{3}) == Space(Discrete{3, 1}));
  EXPECT_FALSE(Space(Discrete{3}) == Space(MultiDiscrete{{3}}));
  EXPECT_EQ(Space(DictSpace{{{"a", Discrete{2}}}}), Space(DictSpace{{{"a", Discrete{2}}}}));
  EXPECT_FALSE(Space(DictSpace{{{"a", Discrete{2}}}}) == Space(DictSpace{{{"a", Discrete{3}}}}));
}

TEST(Spaces, ThatCannotBeAreRefused) {
  EXPECT_THROW(Space(uniform_box({1}, 1, 0)), ConfigError);
  EXPECT_THROW(Space(uniform_box({1}, std::nan(""), 0)), ConfigError);
  EXPECT_THROW(Space(Box{{2}, {0}, {1}}), ConfigError);
  EXPECT_THROW(uniform_box({-1}, 0, 1), ConfigError);
  EXPECT_THROW(Space(Discrete{0}), ConfigError);
  EXPECT_THROW(Space(MultiDiscrete{{2, 0}}), ConfigError);
  EXPECT_THROW(Space(MultiBinary{{-1}}), ConfigError);
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  EXPECT_THROW(Space(MultiDiscrete{{kHuge, kHuge}}), ConfigError);
}

TEST(FlatForms, AreGymnasiums) {
  const Space space = DictSpace{{{"z", MultiDiscrete{{2, 3}}}, {"a", Discrete{2, 5}}}};
  EXPECT_EQ(space.flat_size(), 7);
  std::vector<float> flat(7);
  const Dict value = {{"a", Array(std::int64_t{6})}, {"z", Array(std::vector<std::int64_t>{0, 2})}};
  space.flatten(value, flat);
  EXPECT_THAT(flat, ElementsAre(0, 1, 1, 0, 0, 0, 1));
  EXPECT_EQ(space.unflatten(flat), Value(value));
  EXPECT_THROW(space.flatten(Dict{{"a", Array(std::int64_t{6})}}, flat), ConfigError);
  EXPECT_THROW(space.flatten(Dict{{"a", Array(std::int64_t{7})}, {"z", value.at("z")}}, flat),
               ConfigError);
}

std::vector<std::int64_t> tips(const Sites& sites) {
  std::vector<std::int64_t> ids;
  for (std::int64_t site = 0; site < sites.size(); ++site) ids.push_back(sites.tip(site));
  return ids;
}

TEST(Sites, AreAllACountOrAList) {
  const auto ids = [](const char* text, std::int64_t n, std::uint64_t seed = 0) {
    return tips(select_sites(text, n, seed, "k"));
  };
  EXPECT_THAT(ids("all", 3), ElementsAre(0, 1, 2));
  EXPECT_THAT(ids("4, 0,2", 5), ElementsAre(0, 2, 4));
  EXPECT_THAT(ids("3,", 5), ElementsAre(3));
  const auto drawn = ids("random:5", 100, 1);
  EXPECT_EQ(drawn.size(), 5);
  EXPECT_EQ(drawn, ids("random:5", 100, 1));
  EXPECT_NE(drawn, ids("random:5", 100, 2));
  EXPECT_EQ(drawn, ids("random:5%", 100, 1));
  EXPECT_EQ(ids("random:0.1%", 100).size(), 1);
  EXPECT_EQ(ids("random:100%", 7).size(), 7);
  for (const char* wrong :
       {"",        "none",      "random:0",    "random:6", "random:", "random:x",
        "5,",      "1,1",       "1,,2",        "-1",       "1,x",     "1.5",
        ",",       "random:0%", "random:101%", "random:%", "1:2",     "0+1:x",
        "0+1:nan", "0+0",       "0+",          "0+1,1",    "0+5:1",   "0:1+2:inf"}) {
    EXPECT_THROW(select_sites(wrong, 5, 0, "k"), ConfigError) << wrong;
  }
}

// Broken by weights that stay with the order of the text when the sites are put in order.
TEST(Sites, AreWeightedSetsOfNeurons) {
  const Sites sites = select_sites("7, 4+2:0.5+9:-1 ,0:1", 10, 0, "k");
  EXPECT_THAT(tips(sites), ElementsAre(0, 4, 7));
  EXPECT_THAT(sites.neurons(1), ElementsAre(4, 2, 9));
  EXPECT_THAT(sites.weights(1), ElementsAre(1, 0.5, -1));
  EXPECT_THAT(sites.neurons(), ElementsAre(0, 4, 2, 9, 7));
  EXPECT_THAT(sites.weights(), ElementsAre(1, 1, 0.5, -1, 1));
}

TEST(Rendering, DrawsBarsAsTextAndPixels) {
  const std::vector<RenderRow> rows = {{.name = "rate", .values = {0, 0.5, 1, std::nan("")}},
                                       {.name = "x", .values = {2}, .low = 0, .high = 2}};
  EXPECT_EQ(render_ansi(rows), "rate | ▄█ |\nx    |█|\n");
  const Array picture = render_rgb(rows);
  EXPECT_THAT(picture.shape(), ElementsAre(128, 48, 3));
  const auto pixels = picture.values<std::uint8_t>();
  const auto is_white = [&](std::size_t y, std::size_t x) {
    return pixels[(y * 48 + x) * 3] == 255;
  };
  EXPECT_TRUE(is_white(63, 6)) << "an empty bar";
  EXPECT_FALSE(is_white(63, 18)) << "half a bar, at its foot";
  EXPECT_TRUE(is_white(10, 18)) << "half a bar, at its top";
  EXPECT_FALSE(is_white(10, 30)) << "a full bar";
  EXPECT_THROW(render_frame("rgb", rows), ConfigError);
}

}  // namespace
}  // namespace noesis
