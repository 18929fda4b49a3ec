#!/usr/bin/env bash
# Two network namespaces as two hosts: a master and a worker in one, a worker in the other, between
# them a cable with a delay (where the kernel has netem). Needs root. The recording is the one of a
# single process.
#   sudo NOESIS=build/release/noesis DELAY=1ms examples/distributed/namespaces.sh
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
noesis=$(realpath "${NOESIS:-$here/../../noesis}")
delay=${DELAY:-1ms}
work=$(mktemp -d)
a=noesis-a-$$ b=noesis-b-$$
finish() {
  ip netns del "$a" 2>/dev/null || true
  ip netns del "$b" 2>/dev/null || true
  rm -rf -- "$work"
}
trap finish EXIT
ip netns add "$a" 2>/dev/null || { echo "network namespaces are not allowed here: skipped" >&2; exit 77; }
ip netns add "$b"
ip link add "va$$" netns "$a" type veth peer name "vb$$" netns "$b"
for side in a b; do
  namespace=${!side}
  ip -n "$namespace" link set lo up
  ip -n "$namespace" link set "v$side$$" up
done
ip -n "$a" addr add 10.77.0.1/24 dev "va$$"
ip -n "$b" addr add 10.77.0.2/24 dev "vb$$"
if ip netns exec "$a" tc qdisc add dev "va$$" root netem delay "$delay" 2>/dev/null &&
  ip netns exec "$b" tc qdisc add dev "vb$$" root netem delay "$delay"; then
  echo "delay $delay each way"
else
  echo "this kernel has no netem: without delay" >&2
fi

cd "$work"
config=$here/brain.toml
"$noesis" simulate "$config" --backend cpu --out whole.csv
"$noesis" serve --make-keys keys.toml
ip netns exec "$a" "$noesis" hemisphere worker --connect tcp://10.77.0.1:5560 --threads 1 \
  --curve keys.client.toml --patience 60 &
ip netns exec "$b" "$noesis" hemisphere worker --connect tcp://10.77.0.1:5560 --threads 1 \
  --curve keys.client.toml --patience 60 &
ip netns exec "$a" "$noesis" hemisphere master "$config" --bind tcp://10.77.0.1:5560 --workers 2 \
  --curve keys.toml --out split.csv
wait
cmp whole.csv split.csv
echo "the recordings are the same"
