// A worker process for tests: ENDPOINT TOKEN [emulated]; the last computes on the emulated device.

#include <cstdio>
#include <exception>

#include "distributed/zmq_worker.hpp"
#include "gpu/backends.hpp"

int main(int argc, char** argv) {
  try {
    noesis::WorkerOptions options;
    options.connect = argc > 1 ? argv[1] : "";
    options.token = argc > 2 ? argv[2] : "";
    if (argc > 3) {
      options.devices = std::make_shared<noesis::GpuRows>(noesis::emulated::kind<float>(),
                                                          noesis::emulated::kind<double>());
    }
    options.threads = 1;
    options.is_quiet = true;
    noesis::run_zmq_worker(options);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "worker: %s\n", error.what());
    return 1;
  }
}
