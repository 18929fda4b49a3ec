#pragma once
/// Whether an environment keeps its promises: what Gymnasium's check_env asserts of an environment
/// that users will train on, and what noesis promises beside it.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "env/env.hpp"

namespace noesis {

/// Rules by name. Errors:
///
/// | rule                | what it asks                                                          |
/// |---------------------|-----------------------------------------------------------------------|
/// | reset-observation   | the observation of a reset is in the space                            |
/// | reset-options       | an option that is not known is refused, with a ConfigError            |
/// | reset-seed          | after reset(seed), seed() is that seed; without, it stays             |
/// | reset-deterministic | equal seeds give equal first observations and information, and so do  |
/// |                     | the resets without seed that follow                                   |
/// | reset-differs       | some of several seeds give different episodes                         |
/// | step-observation    | the observation of a step is in the space                             |
/// | step-reward         | rewards are finite                                                    |
/// | step-info           | information holds no NaN                                              |
/// | step-deterministic  | equal seeds and actions give equal results of steps, information too  |
/// | step-order          | a step before the first reset is refused                              |
/// | action-form         | an action of another form is refused                                  |
/// | action-finite       | an action that is NaN is refused, and changes nothing                 |
/// | snapshot            | restored, an environment goes on with the same results                |
/// | snapshot-foreign    | bytes that are no snapshot are refused                                |
/// | render              | every mode of the metadata works beside another open environment and  |
/// |                     | gives its kind of frame; render_fps is positive                       |
/// | close               | close() may be called twice                                           |
///
/// Warnings, where training is harder than it need be:
///
/// | rule                | what it asks                                                          |
/// |---------------------|-----------------------------------------------------------------------|
/// | observation-bounds  | no infinite bound, and low below high                                 |
/// | action-bounds       | the same, and a Box is symmetric in [-1, 1]                           |
struct Violation {
  std::string rule;
  std::string message;
  bool is_warning = false;
};

/// Makes a new environment of the kind under test in a render mode ("" for none).
using EnvFactory = std::function<std::unique_ptr<Env>(const std::string& render_mode)>;

/// All violations found, at most one a rule, in the order above. Takes some tens of steps. Errors
/// that are no UserError pass through.
std::vector<Violation> check_env(const EnvFactory& factory);

/// @throws ConfigError with the first error, if there is one; warnings pass.
void require_env(const EnvFactory& factory);

}  // namespace noesis
