#!/usr/bin/env bash
# The whole thing on a bare Debian or Ubuntu: installs what it needs, makes the quick build (by this
# machine's compiler; scripts/release makes what is given out), gets a real Kafka, starts a broker
# with the agent on its built-in configuration, makes topics and load, shows live metrics, and stops
# by itself.
#   scripts/demo.sh [SECONDS_TO_SHOW]      default 60
set -euo pipefail
cd "$(dirname "$0")/.."
show_seconds=${1:-60}
lab=""

step() { echo "== $*" >&2; }
finish() {
    local status=$?
    if [[ -n $lab ]]; then
        step "stopping the broker"
        scripts/lab down --dir "$lab" >/dev/null || true
    fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

step "installing what is missing"
scripts/setup
step "the quick build, for this machine alone (about two minutes the first time)"
cmake --preset release -DREMORA_DEVELOPER_MODE=OFF >/dev/null
cmake --build build/release -j "$(nproc)"
step "getting Kafka 3.5.0 from Maven Central (once)"
scripts/lab get >/dev/null
step "starting a broker with KAFKA_OPTS=-javaagent:build/release/remora.jar"
lab=$(scripts/lab up --agent "$PWD/build/release/remora.jar")
step "creating 100 topics of 10 partitions"
scripts/lab topics --dir "$lab" >/dev/null
step "loading it for $((show_seconds + 20)) s"
scripts/lab load --dir "$lab" --seconds $((show_seconds + 20)) --background >/dev/null
output=$lab/logs-1/remora
step "metrics are in $output/remora.prom; waiting for the first"
for _ in $(seq 60); do
    [[ -s $output/remora.prom && -s $output/remora.counters ]] && break
    sleep 1
done
top() { build/release/remora top "$output" --seconds "$show_seconds" "$@"; }
# A screen needs a terminal that `top` knows, for keys too.
if [[ ! -t 0 || ! -t 1 ]] || ! top; then
    top --plain
fi
build/release/remora status "$output" || true
step "the file, in part"
grep -E '^kafka_server_brokertopicmetrics_(bytesin|messagesin)_total' "$output/remora.prom" | head -n 5 || true
echo "$(grep -vc '^#' "$output/remora.prom") series in $output/remora.prom"
cp "$output/remora.prom" build/release/demo.prom
step "done: a copy of the file is build/release/demo.prom"
