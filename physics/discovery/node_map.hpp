#pragma once
/// One Wilson-Cowan node over one sample interval under a constant input: the part of the flow that
/// a fit knows, with its derivatives.

#include "physics/models/wilson_cowan.hpp"
#include "physics/subject.hpp"

namespace noesis {

/// A node after the interval, and its derivatives with respect to the input and to I before.
struct NodeStep {
  double e = 0, i = 0;
  double e_by_input = 0, i_by_input = 0;
  double e_by_i = 0, i_by_i = 0;
};

class NodeMap {
 public:
  /// Steps as the subject's integrator does, by the classical Runge-Kutta method.
  explicit NodeMap(const Subject& subject);

  NodeStep step(double e, double i, double input) const;

  /// The constant input that takes E from `e` to `e_after`, within +-kLargestInput, by Newton's
  /// method from `guess`; the nearest input of those tried where none does.
  double input_between(double e, double i, double e_after, double guess) const;

  static constexpr double kLargestInput = 20;

 private:
  WilsonCowan<double> model_;
  double dt_ms_;
  std::int64_t num_steps_;
};

}  // namespace noesis
