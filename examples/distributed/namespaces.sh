#!/usr/bin/env bash
# Two network namespaces as two hosts: a master and a worker in one, a worker in the other, between
# them a cable with a delay: by netem, or where the kernel has none by cable.py. Needs root. The
# recording is the one of a single process. Then what a step costs is set beside what the model of
# docs/scaling.md says.
#   sudo NOESIS=build/release/noesis DELAY_MS=1 examples/distributed/namespaces.sh
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
noesis=$(realpath "${NOESIS:-$here/../../noesis}")
delay=${DELAY_MS:-1}
work=$(mktemp -d)
a=noesis-a-$$ b=noesis-b-$$ cable=
finish() {
  [[ -z $cable ]] || kill -CONT "$cable" 2>/dev/null || true
  [[ -z $cable ]] || kill "$cable" 2>/dev/null || true
  ip netns del "$a" 2>/dev/null || true
  ip netns del "$b" 2>/dev/null || true
  rm -rf -- "$work"
}
trap finish EXIT
ip netns add "$a" 2>/dev/null || { echo "network namespaces are not allowed here: skipped" >&2; exit 77; }
ip netns add "$b"

# Between the two, devices va and vb.
plug_cable() {
  ip link add "va$$" netns "$a" type veth peer name "vb$$" netns "$b"
  if [[ $delay == 0 ]] ||
    { ip netns exec "$a" tc qdisc add dev "va$$" root netem delay "${delay}ms" 2>/dev/null &&
      ip netns exec "$b" tc qdisc add dev "vb$$" root netem delay "${delay}ms"; }; then
    echo "delay $delay ms each way, by the kernel"
    return
  fi
  ip -n "$a" link del "va$$"
  mkfifo "$work/hold" "$work/ready"
  python3 "$here/cable.py" "va$$" "$a" "vb$$" "$b" "$delay" <"$work/hold" >"$work/ready" &
  cable=$!
  exec 7>"$work/hold"
  read -r -t 20 <"$work/ready" || { echo "no cable: this kernel has neither netem nor TAP devices: skipped" >&2; exit 77; }
  echo "delay $delay ms each way, by cable.py: this kernel has no netem"
}
plug_cable
for side in a b; do
  namespace=${!side}
  ip -n "$namespace" link set lo up
  ip -n "$namespace" link set "v$side$$" up
done
ip -n "$a" addr add 10.77.0.1/24 dev "va$$"
ip -n "$b" addr add 10.77.0.2/24 dev "vb$$"

cd "$work"
config=$here/brain.toml
"$noesis" serve --make-keys keys.toml

# split CONFIG OUT: a run over a worker in each namespace.
split() {
  local config=$1 out=$2 one two
  ip netns exec "$a" "$noesis" hemisphere worker --connect tcp://10.77.0.1:5560 --threads 1 \
    --curve keys.client.toml --patience 60 2>/dev/null &
  one=$!
  ip netns exec "$b" "$noesis" hemisphere worker --connect tcp://10.77.0.1:5560 --threads 1 \
    --curve keys.client.toml --patience 60 2>/dev/null &
  two=$!
  ip netns exec "$a" "$noesis" hemisphere master "$config" --bind tcp://10.77.0.1:5560 --workers 2 \
    --curve keys.toml --out "$out"
  wait "$one" "$two"
}
"$noesis" simulate "$config" --backend cpu --out whole.csv
split "$config" split.csv
cmp whole.csv split.csv
echo "the recordings are the same"

# The link is down for longer than a master bears silence: the worker comes back, with the same bits.
pull_out() { if [[ -n $cable ]]; then kill -STOP "$cable"; else ip -n "$b" link set "vb$$" down; fi; }
plug_in() { if [[ -n $cable ]]; then kill -CONT "$cable"; else ip -n "$b" link set "vb$$" up; fi; }
if [[ $delay != 0 ]]; then
  cat >cut.toml <<TOML
duration_ms = 1000
connectome = {source = "random", num_neurons = 100, in_degree = 10}
integrator = {name = "rk4", dt_ms = 1}
noise = {sigma = 0.1}
record = {interval_ms = 10}
TOML
  "$noesis" simulate cut.toml --backend cpu --out cut-whole.csv >/dev/null
  (
    sleep 2
    pull_out
    sleep 4
    plug_in
  ) &
  split cut.toml cut.csv
  cmp cut-whole.csv cut.csv
  grep -q '"recoveries": [1-9]' cut.summary.json
  echo "the worker whose link was down has come back; the recordings are the same"
fi

# Latency of the link, as the model wants it: half of what a byte takes there and back.
cat >ping.py <<'PY'
import socket
import sys
import time

if sys.argv[1] == "answer":
    with socket.create_server(("10.77.0.1", 5561)) as listener:
        print("ready", flush=True)
        peer, _ = listener.accept()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while byte := peer.recv(1):
            peer.sendall(byte)
else:
    with socket.create_connection(("10.77.0.1", 5561)) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        times = []
        for _ in range(300):
            start = time.perf_counter()
            peer.sendall(b"x")
            peer.recv(1)
            times.append(time.perf_counter() - start)
        print(1000 * sum(times[50:]) / len(times[50:]) / 2)
PY
latency() {
  local answering
  mkfifo up
  ip netns exec "$a" python3 ping.py answer >up &
  answering=$!
  read -r -t 20 <up
  ip netns exec "$b" python3 ping.py ask
  wait "$answering"
  rm up
}

# Without rules, so that a step is its stages and exchanges alone.
for integrator in ${INTEGRATORS:-rk4}; do
  cat >plain.toml <<TOML
duration_ms = ${DURATION_MS:-400}
precision = "float"
connectome = {source = "random", num_neurons = ${NEURONS:-2000}, in_degree = ${IN_DEGREE:-50}}
model = {name = "rate", activation = "logistic"}
integrator = {name = "$integrator", dt_ms = 1}
noise = {sigma = 0.1}
record = {sample_neurons = 64, interval_ms = 100}
TOML
  before=$(latency)
  split plain.toml plain.csv >/dev/null 2>&1
  python3 - "$integrator" "$before" "$(latency)" <<'PY'
import json
import sys

integrator, latency = sys.argv[1], (float(sys.argv[2]) + float(sys.argv[3])) / 2
split = json.load(open("plain.summary.json"))["result"]["split"]
steps, exchanges = split["steps"], split["exchanges_a_step"]
step, wait = 1e3 * split["busy_s"] / steps, 1e3 * split["wait_s"] / steps
model = step - wait + exchanges * latency
print(
    f"{integrator}: a step takes {step:.2f} ms, {wait:.2f} of them waiting; model: {step - wait:.2f} ms of work and "
    f"{exchanges} exchanges of {latency:.2f} ms, {model:.2f} ms; measured over model {step / model:.2f}"
)
PY
done
