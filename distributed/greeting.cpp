#include "distributed/greeting.hpp"

#include "core/version.hpp"
#include "physics/kernels/kernels.hpp"

namespace noesis {

Identity own_identity() {
  return {std::string(version()), name_of(best_instruction_set()), {}, {}};
}

std::string misfit(const Identity& master, const Identity& worker) {
  if (master.version != worker.version) {
    return "the worker is noesis " + worker.version + ", the master " + master.version +
           ": use the same version";
  }
  if (!worker.config_digest.empty() && worker.config_digest != master.config_digest) {
    return "the worker expects the configuration " + worker.config_digest + ", the master runs " +
           master.config_digest;
  }
  if (!worker.connectome_digest.empty() && worker.connectome_digest != master.connectome_digest) {
    return "the worker expects the connectome " + worker.connectome_digest + ", the master has " +
           master.connectome_digest;
  }
  return {};
}

}  // namespace noesis
