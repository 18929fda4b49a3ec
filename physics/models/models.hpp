#pragma once
/// Every model that a configuration can name. Adding one: its header, its lines here, a test.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "physics/models/graded.hpp"
#include "physics/models/lorenz63.hpp"
#include "physics/models/rate_network.hpp"
#include "physics/models/wilson_cowan.hpp"

namespace noesis {

/// The `[model]` section of a configuration: a name and the parameters of that model.
struct ModelSpec {
  std::string name = "wilson_cowan";
  WilsonCowanParameters wilson_cowan;
  RateNetworkParameters rate;
  GradedParameters graded;
  Lorenz63Parameters lorenz63;

  template <class V>
  void visit(V& v) {
    v("name", name, "Neuron model", one_of({"wilson_cowan", "rate", "graded", "lorenz63"}));
    if (name == "wilson_cowan") wilson_cowan.visit(v);
    if (name == "rate") rate.visit(v);
    if (name == "graded") graded.visit(v);
    if (name == "lorenz63") lorenz63.visit(v);
  }
};

template <Real T>
using AnyModel = std::variant<WilsonCowan<T>, RateNetwork<T, Activation::kTanh>,
                              RateNetwork<T, Activation::kLogistic>,
                              RateNetwork<T, Activation::kReluPower>, Graded<T>, Lorenz63<T>>;

/// @throws ConfigError for an unknown name or activation.
template <Real T>
AnyModel<T> make_model(const ModelSpec& spec);

/// Names of a neuron's state variables, e.g. {"E", "I"}.
std::vector<std::string> component_names(const ModelSpec& spec);

/// The model's own time scale [ms]: tau of E or x, or C / G; 1 for lorenz63.
double time_scale_ms(const ModelSpec& spec);

// The kernels are instantiated for each of these, once an instruction set.
#define NOESIS_FOR_EACH_MODEL(X, T)         \
  X(WilsonCowan<T>)                         \
  X(RateNetwork<T, Activation::kTanh>)      \
  X(RateNetwork<T, Activation::kLogistic>)  \
  X(RateNetwork<T, Activation::kReluPower>) \
  X(Graded<T>)                              \
  X(Lorenz63<T>)

}  // namespace noesis
