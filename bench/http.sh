#!/usr/bin/env bash
# Throughput of an HTTP server with the adapter on, over that with it off: bench/http.sh PROGRAM [ROUNDS [SECONDS]].
# SPDX-License-Identifier: MIT
#
# PROGRAM takes a mode and a port (see its usage). All modes run at once and are asked in turns, so that what else the machine
# does falls on all alike. Medians of the rounds: of requests a second, and of requests a second of the server's own
# processor time, which counts on a machine that is not idle. "inbound" is "on" asked with an id.
set -euo pipefail

program=$1
rounds=${2:-7}
seconds=${3:-3}
port=${CTXLOG_BENCH_PORT:-18180}

command -v wrk >/dev/null || {
  echo "bench/http.sh: wrk is missing, tools/setup bench installs it" >&2
  exit 1
}

servers=(off floor on)
declare -A pid ports
trap 'kill "${pid[@]}" 2>/dev/null' EXIT
for server in "${servers[@]}"; do
  ports[$server]=$((port++))
  ENV=PROD "$program" "$server" "${ports[$server]}" >/dev/null &
  pid[$server]=$!
done

# ticks PID: its processor time so far
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

# ask SERVER SECONDS [WRK_OPTION...]: requests a second, and a second of its processor time
ask() {
  local server=$1 for=$2 before
  shift 2
  before=$(ticks "${pid[$server]}")
  wrk -t1 -c32 -d"${for}s" "$@" "http://127.0.0.1:${ports[$server]}/hello" |
    awk -v pid="${pid[$server]}" -v before="$before" -v hertz="$(getconf CLK_TCK)" '
      / requests in / { requests = $1 }
      /^Requests\/sec:/ { rate = $2 }
      END {
        getline stat < ("/proc/" pid "/stat")
        split(stat, field, " ")
        busy = field[14] + field[15] - before
        if (rate > 0 && busy > 0) printf "%d %d\n", rate, requests * hertz / busy
      }'
}

for server in "${servers[@]}"; do
  until ask "$server" 1 2>/dev/null | grep -q .; do kill -0 "${pid[$server]}" || exit 1; done
done

modes=("${servers[@]}" inbound)
declare -A seen
for ((round = 1; round <= rounds; ++round)); do
  for server in "${servers[@]}"; do seen[$server]+=$(ask "$server" "$seconds")$'\n'; done
  seen[inbound]+=$(ask on "$seconds" -H "X-Request-ID: 6f1c2a4e-bench")$'\n'
done

# median MODE COLUMN
median() {
  printf '%s' "${seen[$1]}" | awk -v column="$2" '{ print $column }' | sort -n |
    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

printf '%-10s %12s %8s %16s %8s\n' adapter requests/s "of off" "per CPU second" "of off"
for mode in "${modes[@]}"; do
  awk -v mode="$mode" -v rate="$(median "$mode" 1)" -v base="$(median off 1)" -v cpu="$(median "$mode" 2)" \
    -v cpu_base="$(median off 2)" \
    'BEGIN { printf "%-10s %12d %8.3f %16d %8.3f\n", mode, rate, rate / base, cpu, cpu / cpu_base }'
done
