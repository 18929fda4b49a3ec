#pragma once
/// Fits of a brain whose node equations are known and whose coupling is not: what can be had from a
/// recording when the form of the model is given. A control, not a discovery: every user says so.
///
/// Wilson-Cowan: the coefficients C and the drive P of input_i = sum_j C_ij E_j + P_i. Synapses and
/// gap junctions are both linear in E, C = G W + g (a - diag(sum_j a_ij)), so the fitted brain
/// carries both as synapses (with autapses) and moves exactly as the subject does.
/// Lorenz-63: sigma, rho, beta.
///
/// Method: Gauss-Newton on one-sample predictions by the subject's own integrator (multiple
/// shooting with observed nodes; Bock, Recent Advances in Parameter Identification Techniques for
/// ODE, 1983). Where only E is observed, I follows from its own equation, driven by E.

#include <cstdint>
#include <memory>
#include <vector>

#include "physics/discovery/dense_matrix.hpp"
#include "physics/subject.hpp"
#include "physics/tape.hpp"

namespace noesis {

struct FitOptions {
  /// Fit existing synapses and gap junctions of `structure` only; else every pair.
  bool known_graph = true;
  double ridge = 1e-12;              ///< added to the normal equations, of their mean diagonal
  std::int64_t max_iterations = 25;  ///< it ends before, when nothing improves any more
  std::int64_t burn_in = 50;         ///< first samples not fitted, until I has forgotten its start
};

/// The subject's form with parameters fitted to a tape of its observations (E of every neuron; x,
/// y, z of Lorenz-63). Of `structure` it reads the node equations, the integrator and, with a known
/// graph, where weights are; never their values nor the drive. make_process() of the result is the
/// fitted emulator. Deterministic, in the calling thread.
/// @throws ConfigError when the tape has another number of units, too few samples or values that
/// are
///   not finite, or for a model other than wilson_cowan and lorenz63.
Subject fit_model_form(const Subject& structure, const Tape& recording,
                       const FitOptions& options = {});

}  // namespace noesis
