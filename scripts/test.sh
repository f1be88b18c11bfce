#!/usr/bin/env bash
# Builds and passes the tests, every tier. `--full` adds what takes longer: the whole version matrix, an hour of chaos,
# long fuzzing. `--quick` leaves out the sanitizer builds and everything that starts a broker.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=default
case "${1:-}" in
    "") ;;
    --full) mode=full ;;
    --quick) mode=quick ;;
    *)
        echo "usage: scripts/test.sh [--full | --quick]" >&2
        exit 2
        ;;
esac

scripts/setup "$([[ $mode == full ]] && echo --full || echo --test)"
jobs=$(nproc)
failed=0

# A build says nothing unless it fails.
build() {
    if ! cmake --build "$1" -j "$jobs" --target "${2:-all}" >"$1/build.log" 2>&1; then
        grep -E -A5 'error|FAILED' "$1/build.log" | head -n 60
        exit 1
    fi
}

# Sanitizers first, so that the summary of the main run is the last thing printed.
if [[ $mode != quick ]]; then
    for preset in asan tsan; do
        echo "== $preset: build and test without a JVM"
        cmake --preset "$preset" >/dev/null
        build "build/$preset" tests_for_sanitizers
        ctest --test-dir "build/$preset" -L 'unit|stress' -j "$jobs" --output-on-failure \
            --no-tests=error | tail -n 40 || failed=1
    done
    echo "== fuzz: a short run from the seeds, of what asan has built"
    REMORA_FUZZ_SECONDS=$([[ $mode == full ]] && echo 600 || echo 12) tests/fuzz/run build/asan || failed=1
fi

echo "== release: every tier"
cmake --preset release >/dev/null
build build/release
labels=(-LE full)
[[ $mode == full ]] && labels=()
[[ $mode == quick ]] && labels=(-LE 'full|broker|sinks|chaos')
if [[ $mode != quick ]]; then
    # A download of hundreds of megabytes has no place in a test's time limit.
    scripts/lab get >/dev/null
    # The same for consumers that are no Debian packages; without one its tests skip, visibly.
    # shellcheck disable=SC2046
    tests/sinks/fetch_consumers $([[ $mode == full ]] && echo --shippers) || true
fi
# Those that measure, or start a broker, are alone all the same (RUN_SERIAL).
ctest --test-dir build/release "${labels[@]}" -j "$jobs" --output-on-failure --no-tests=error || failed=1
exit $failed
