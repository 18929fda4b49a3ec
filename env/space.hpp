#pragma once
/// Spaces: which observations and actions there are (Gymnasium's words and meanings).
///
/// Every value also has a flat form, float32 numbers in a row, which is what batches are made of:
///
/// | space         | value                     | flat form                        | flat size     |
/// |---------------|---------------------------|----------------------------------|---------------|
/// | Box           | array of its dtype, shape | the elements                     | elements      |
/// | Discrete      | int64, start .. start+n-1 | one-hot                          | n             |
/// | MultiDiscrete | int64, [i] < nvec[i]      | one-hot each, one after another  | sum of nvec   |
/// | MultiBinary   | uint8, 0 or 1             | the elements                     | elements      |
/// | Dict, Tuple   | by key, by place          | one after another, keys in order | sum           |

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/rng.hpp"
#include "env/value.hpp"

namespace noesis {

class Space;

struct Box {
  Shape shape;
  std::vector<double> low;   ///< (elements), may be -infinity
  std::vector<double> high;  ///< (elements), may be infinity
  DType dtype = DType::kFloat32;
  bool operator==(const Box&) const = default;
};
/// The same bounds for every element.
Box uniform_box(Shape shape, double low, double high, DType dtype = DType::kFloat32);

struct Discrete {
  std::int64_t n = 1;
  std::int64_t start = 0;
  bool operator==(const Discrete&) const = default;
};

struct MultiDiscrete {
  std::vector<std::int64_t> nvec;
  bool operator==(const MultiDiscrete&) const = default;
};

struct MultiBinary {
  Shape shape;
  bool operator==(const MultiBinary&) const = default;
};

struct DictSpace {
  std::map<std::string, Space> spaces;
  bool operator==(const DictSpace&) const;
};

struct TupleSpace {
  std::vector<Space> spaces;
  bool operator==(const TupleSpace&) const;
};

/// One of the above. Immutable.
class Space {
 public:
  // Each throws ConfigError for a space that cannot be: bounds that are NaN, crossed or not one an
  // element, a negative length, n < 1, one without a flat form of a size that can be counted.
  Space(Box box);
  Space(Discrete discrete);
  Space(MultiDiscrete multi_discrete);
  Space(MultiBinary multi_binary);
  Space(DictSpace dict);
  Space(TupleSpace tuple);

  /// Null when the space is another one.
  template <class Kind>
  const Kind* get_if() const noexcept {
    return std::get_if<Kind>(&kind_);
  }
  /// Calls `visitor` with the Box, Discrete, ... that it is.
  template <class Visitor>
  decltype(auto) visit(const Visitor& visitor) const {
    return std::visit(visitor, kind_);
  }

  bool contains(const Value& value) const { return violation(value).empty(); }
  /// Why the value is not in the space, such as "[3] = nan is not in [-1, 1]"; empty when it is.
  std::string violation(const Value& value) const;

  /// Box: uniform where bounded, normal where not, exponential from the bound where half bounded.
  /// The others uniform.
  Value sample(RandomSequence& random) const;

  std::int64_t flat_size() const noexcept { return flat_size_; }
  /// `flat` has flat_size() elements. @throws ConfigError when the value has another form (bounds
  /// are not checked).
  void flatten(const Value& value, std::span<float> flat) const;
  /// One-hot parts are read by their largest element. @throws InternalError for another size.
  Value unflatten(std::span<const float> flat) const;

  bool operator==(const Space& other) const { return kind_ == other.kind_; }

 private:
  using Kind = std::variant<Box, Discrete, MultiDiscrete, MultiBinary, DictSpace, TupleSpace>;
  Kind kind_;
  std::int64_t flat_size_ = 0;
};

inline bool DictSpace::operator==(const DictSpace& other) const { return spaces == other.spaces; }
inline bool TupleSpace::operator==(const TupleSpace& other) const { return spaces == other.spaces; }

}  // namespace noesis
