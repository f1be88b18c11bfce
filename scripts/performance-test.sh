#!/usr/bin/env bash
# Measures what monitoring costs real brokers on this machine: none, remote JMX, jmx_exporter, Jolokia and Remora.
# Without arguments: three brokers, ten minutes and the brokers' starts, a report in build/performance.
# See perflab/README.md.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
exec env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$here" python3 -m perflab "$@"
