// Flat forms and samples of spaces.

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "env/space.hpp"

namespace noesis {
namespace {

template <ArrayElement T>
Array cast_array(const Shape& shape, std::span<const double> values) {
  std::vector<T> elements(values.size());
  std::transform(values.begin(), values.end(), elements.begin(),
                 [](double v) { return static_cast<T>(v); });
  return Array(shape, std::move(elements));
}

Array make_array(DType dtype, const Shape& shape, std::span<const double> values) {
  switch (dtype) {
    case DType::kFloat32:
      return cast_array<float>(shape, values);
    case DType::kFloat64:
      return cast_array<double>(shape, values);
    case DType::kInt64:
      return cast_array<std::int64_t>(shape, values);
    case DType::kUint8:
      return cast_array<std::uint8_t>(shape, values);
  }
  throw InternalError("a dtype outside its enumeration");
}

[[noreturn]] void refuse(std::string got, std::string allowed) {
  throw ConfigError({.what = "a value of another form than its space",
                     .where = {},
                     .got = std::move(got),
                     .allowed = std::move(allowed),
                     .next = {}});
}

const Array& array_of(const Value& value, DType dtype, const Shape& shape) {
  const std::string allowed = std::string(dtype_name(dtype)) + " of shape " + shape_text(shape);
  const Array* array = value.array();
  if (array == nullptr) refuse("no array", allowed);
  if (array->dtype() != dtype || array->shape() != shape) {
    refuse(std::string(dtype_name(array->dtype())) + " of shape " + shape_text(array->shape()),
           allowed);
  }
  return *array;
}

void copy_flat(const Array& array, std::span<float> flat) {
  for (std::size_t i = 0; i < flat.size(); ++i) {
    flat[i] = static_cast<float>(array.at(static_cast<std::int64_t>(i)));
  }
}

/// Sets element `place` of n.
void put_one_hot(std::int64_t place, std::span<float> flat) {
  std::fill(flat.begin(), flat.end(), 0.0f);
  if (place < 0 || place >= std::ssize(flat)) {
    refuse("choice " + std::to_string(place), "one of " + std::to_string(flat.size()));
  }
  flat[static_cast<std::size_t>(place)] = 1;
}
std::int64_t largest(std::span<const float> flat) {
  return std::max_element(flat.begin(), flat.end()) - flat.begin();
}

void flatten_kind(const Box& box, const Value& value, std::span<float> flat) {
  copy_flat(array_of(value, box.dtype, box.shape), flat);
}
void flatten_kind(const Discrete& space, const Value& value, std::span<float> flat) {
  const std::int64_t x = array_of(value, DType::kInt64, {}).values<std::int64_t>()[0];
  std::int64_t place = 0;
  if (__builtin_sub_overflow(x, space.start, &place)) place = -1;
  put_one_hot(place, flat);
}
void flatten_kind(const MultiDiscrete& space, const Value& value, std::span<float> flat) {
  const auto& x = array_of(value, DType::kInt64, {std::ssize(space.nvec)});
  for (std::size_t i = 0; i < space.nvec.size(); ++i) {
    const auto n = static_cast<std::size_t>(space.nvec[i]);
    put_one_hot(x.values<std::int64_t>()[i], flat.first(n));
    flat = flat.subspan(n);
  }
}
void flatten_kind(const MultiBinary& space, const Value& value, std::span<float> flat) {
  copy_flat(array_of(value, DType::kUint8, space.shape), flat);
}
void flatten_kind(const DictSpace& space, const Value& value, std::span<float> flat) {
  const Dict* dict = value.dict();
  if (dict == nullptr) refuse("no dictionary", "a dictionary");
  if (dict->size() != space.spaces.size()) {
    refuse(std::to_string(dict->size()) + " keys", std::to_string(space.spaces.size()));
  }
  for (const auto& [key, part] : space.spaces) {
    const auto found = dict->find(key);
    if (found == dict->end()) refuse("no key '" + key + "'", "the keys of the space");
    const auto size = static_cast<std::size_t>(part.flat_size());
    part.flatten(found->second, flat.first(size));
    flat = flat.subspan(size);
  }
}
void flatten_kind(const TupleSpace& space, const Value& value, std::span<float> flat) {
  const Tuple* tuple = value.tuple();
  if (tuple == nullptr || tuple->size() != space.spaces.size()) {
    refuse(tuple == nullptr ? "no tuple" : std::to_string(tuple->size()) + " parts",
           "a tuple of " + std::to_string(space.spaces.size()));
  }
  for (std::size_t i = 0; i < tuple->size(); ++i) {
    const auto size = static_cast<std::size_t>(space.spaces[i].flat_size());
    space.spaces[i].flatten((*tuple)[i], flat.first(size));
    flat = flat.subspan(size);
  }
}

Value unflatten_kind(const Box& box, std::span<const float> flat) {
  return make_array(box.dtype, box.shape, std::vector<double>(flat.begin(), flat.end()));
}
Value unflatten_kind(const Discrete& space, std::span<const float> flat) {
  return Array(space.start + largest(flat));
}
Value unflatten_kind(const MultiDiscrete& space, std::span<const float> flat) {
  std::vector<std::int64_t> x;
  for (const std::int64_t n : space.nvec) {
    x.push_back(largest(flat.first(static_cast<std::size_t>(n))));
    flat = flat.subspan(static_cast<std::size_t>(n));
  }
  return Array(std::move(x));
}
Value unflatten_kind(const MultiBinary& space, std::span<const float> flat) {
  std::vector<double> bits(flat.size());
  std::transform(flat.begin(), flat.end(), bits.begin(), [](float v) { return v >= 0.5f; });
  return make_array(DType::kUint8, space.shape, bits);
}
Value unflatten_kind(const DictSpace& space, std::span<const float> flat) {
  Dict dict;
  for (const auto& [key, part] : space.spaces) {
    const auto size = static_cast<std::size_t>(part.flat_size());
    dict.emplace(key, part.unflatten(flat.first(size)));
    flat = flat.subspan(size);
  }
  return dict;
}
Value unflatten_kind(const TupleSpace& space, std::span<const float> flat) {
  Tuple tuple;
  for (const Space& part : space.spaces) {
    const auto size = static_cast<std::size_t>(part.flat_size());
    tuple.push_back(part.unflatten(flat.first(size)));
    flat = flat.subspan(size);
  }
  return tuple;
}

double sample_between(double low, double high, bool whole, RandomSequence& random) {
  double x = 0;
  if (std::isfinite(low) && std::isfinite(high)) {
    x = low + random.uniform() * (high - low + (whole ? 1 : 0));
  } else if (std::isfinite(low)) {
    x = low - std::log(random.uniform());
  } else if (std::isfinite(high)) {
    x = high + std::log(random.uniform());
  } else {
    x = random.normal();
  }
  return std::clamp(whole ? std::floor(x) : x, low, high);
}

Value sample_kind(const Box& box, RandomSequence& random) {
  const bool whole = box.dtype == DType::kInt64 || box.dtype == DType::kUint8;
  std::vector<double> x(box.low.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = sample_between(box.low[i], box.high[i], whole, random);
  }
  return make_array(box.dtype, box.shape, x);
}
std::int64_t sample_below(std::int64_t n, RandomSequence& random) {
  return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(n)));
}
Value sample_kind(const Discrete& space, RandomSequence& random) {
  return Array(space.start + sample_below(space.n, random));
}
Value sample_kind(const MultiDiscrete& space, RandomSequence& random) {
  std::vector<std::int64_t> x;
  x.reserve(space.nvec.size());
  for (const std::int64_t n : space.nvec) x.push_back(sample_below(n, random));
  return Array(std::move(x));
}
Value sample_kind(const MultiBinary& space, RandomSequence& random) {
  std::vector<std::uint8_t> x(static_cast<std::size_t>(num_elements(space.shape)));
  for (std::uint8_t& bit : x) bit = random.uniform() < 0.5;
  return Array(space.shape, std::move(x));
}
Value sample_kind(const DictSpace& space, RandomSequence& random) {
  Dict dict;
  for (const auto& [key, part] : space.spaces) dict.emplace(key, part.sample(random));
  return dict;
}
Value sample_kind(const TupleSpace& space, RandomSequence& random) {
  Tuple tuple;
  tuple.reserve(space.spaces.size());
  for (const Space& part : space.spaces) tuple.push_back(part.sample(random));
  return tuple;
}

}  // namespace

Value Space::sample(RandomSequence& random) const {
  return std::visit([&](const auto& space) { return sample_kind(space, random); }, kind_);
}

void Space::flatten(const Value& value, std::span<float> flat) const {
  ensure(std::ssize(flat) == flat_size_, "a flat form of the space's size");
  std::visit([&](const auto& space) { flatten_kind(space, value, flat); }, kind_);
}

Value Space::unflatten(std::span<const float> flat) const {
  ensure(std::ssize(flat) == flat_size_, "a flat form of the space's size");
  return std::visit([&](const auto& space) { return unflatten_kind(space, flat); }, kind_);
}

}  // namespace noesis
