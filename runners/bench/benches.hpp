#pragma once
/// The benchmarks; each adds its rows to the report. See docs/benchmarks.md for what they mean.

#include "runners/bench/harness.hpp"

namespace noesis::bench {

void spmm(Report& report);         ///< the sparse product, one environment and batches
void layouts(Report& report);      ///< what other layouts of the synapses would give
void step(Report& report);         ///< whole RK4 steps against Boost.Odeint and Eigen
void worm(Report& report);         ///< C. elegans in 64 environments under currents
void env(Report& report);          ///< every environment, a batch against single ones
void oja(Report& report);          ///< Oja's rule
void prune(Report& report);        ///< pruning of weak synapses
void gpu(Report& report);          ///< a device, where there is one
void server(Report& report);       ///< environments over loopback, where the server was built
void exchange(Report& report);     ///< exchanges between workers: time, bytes, copies
void distributed(Report& report);  ///< a large brain on two workers
void scaling(Report& report);      ///< steps on more workers, predicted and measured
void scale(Report& report);        ///< the product from 1,000 to a million neurons

}  // namespace noesis::bench
