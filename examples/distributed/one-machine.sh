#!/usr/bin/env bash
# One brain on one machine: in one process, over two workers, over two ranks of MPI; their recordings
# are the same files. Then the master is killed in the middle, and goes on with --resume.
#   NOESIS=build/release/noesis examples/distributed/one-machine.sh
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
noesis=$(realpath "${NOESIS:-$here/../../noesis}")
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cd "$work"
config=$here/brain.toml

"$noesis" simulate "$config" --backend cpu --out whole.csv
"$noesis" hemisphere master "$config" --bind 'tcp://127.0.0.1:*' --local-workers 2 --respawn --out two.csv
cmp whole.csv two.csv
"$noesis" hemisphere master "$config" --bind 'tcp://127.0.0.1:*' --local-workers 3 --out three.csv
cmp whole.csv three.csv
if command -v mpirun >/dev/null; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  for ranks in 2 3; do
    mpirun --oversubscribe --mca mpi_yield_when_idle 1 -n "$ranks" "$noesis" large-scale "$config" \
      --set drive.mean=0 --set drive.sd=0 --set drive.seed=0 --mpi --out "mpi$ranks.csv"
    cmp whole.csv "mpi$ranks.csv"
  done
fi

# A longer run, whose master is killed; its workers go with it, and --resume goes on.
long=(--set duration_ms=400 --set checkpoint_interval_s=0.05)
"$noesis" simulate "$config" --backend cpu "${long[@]}" --out long.csv
"$noesis" hemisphere master "$config" --bind 'tcp://127.0.0.1:*' --local-workers 2 "${long[@]}" --out killed.csv &
master=$!
for _ in $(seq 200); do
  [[ -e killed.checkpoint/manifest.json ]] && break
  sleep 0.05
done
[[ -e killed.checkpoint/manifest.json ]] || { echo "no checkpoint was written" >&2; exit 1; }
workers=$(pgrep -P "$master" || true)
kill -KILL "$master" 2>/dev/null || true
wait "$master" 2>/dev/null || true
sleep 0.5
for worker in $workers; do
  state=$(ps -o stat= -p "$worker" || true)
  [[ -z $state || $state == Z* ]] || { echo "worker $worker outlives its master" >&2; exit 1; }
done
"$noesis" hemisphere master "$config" --bind 'tcp://127.0.0.1:*' --local-workers 2 "${long[@]}" --resume --out killed.csv
cmp long.csv killed.csv
echo "all recordings are the same"
