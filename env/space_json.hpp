#pragma once
/// Spaces as JSON text: how a space crosses to another language.
///
/// The form is that of Minari's datasets, with two kinds that Minari does not have:
///
/// | space         | JSON                                                                         |
/// |---------------|------------------------------------------------------------------------------|
/// | Box           | {"type": "Box", "dtype": "float32", "shape": [2], "low": [..], "high": [..]} |
/// | Discrete      | {"type": "Discrete", "dtype": "int64", "start": 0, "n": 3}                   |
/// | MultiDiscrete | {"type": "MultiDiscrete", "dtype": "int64", "nvec": [2, 3]}                  |
/// | MultiBinary   | {"type": "MultiBinary", "n": [4]}                                            |
/// | Dict          | {"type": "Dict", "subspaces": {"key": space, ..}}                            |
/// | Tuple         | {"type": "Tuple", "subspaces": [space, ..]}                                  |
///
/// Bounds are nested lists of the box's shape; infinite ones are Infinity and -Infinity, as
/// Python's json has them. Numbers read back with the same bits.

#include <string>

#include "env/space.hpp"

namespace noesis {

std::string space_json(const Space& space);

}  // namespace noesis
