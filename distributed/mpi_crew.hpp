#pragma once
/// Workers that are the ranks of an MPI job: rank 0 is the master and works on rows of its own too.
/// A rank that is lost ends the job, as MPI does; --resume goes on from the last checkpoint.

#include <memory>

#include "distributed/crew.hpp"

namespace noesis {

/// Starts MPI. False in rank 0. In every other rank: works for it until it says stop or ends, then
/// true. To be called before anything else, in the main thread.
bool work_for_mpi_master(int threads);

/// All ranks as a crew, in rank 0 after work_for_mpi_master(). One at a time.
std::unique_ptr<Crew> make_mpi_crew(int threads);

}  // namespace noesis
