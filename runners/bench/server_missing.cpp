// The benchmark of the server where it was not built.

#include "runners/bench/benches.hpp"

namespace noesis::bench {

void server(Report& report) { report.note("noesis was built without it (-DNOESIS_WITH_ZMQ=ON)"); }

}  // namespace noesis::bench
