#!/usr/bin/env bash
# Throughput of an HTTP server with the adapter on, over that with it off: bench/http.sh PROGRAM [ROUNDS [SECONDS]].
# SPDX-License-Identifier: MIT
#
# PROGRAM takes off|on and a port. Both run at once and are asked in turns, so that what else the machine does
# falls on all alike: without the adapter, with it and new ids, with it and ids of the client. Medians of the rounds, of requests
# a second and, for a machine that is not idle, of requests a second of the server's own processor time.
set -euo pipefail

program=$1
rounds=${2:-7}
seconds=${3:-3}
port_off=${CTXLOG_BENCH_PORT:-18180}
port_on=$((port_off + 1))

command -v wrk >/dev/null || {
  echo "bench/http.sh: wrk is missing, tools/setup bench installs it" >&2
  exit 1
}

ENV=PROD "$program" off "$port_off" >/dev/null &
off=$!
ENV=PROD "$program" on "$port_on" >/dev/null &
on=$!
trap 'kill "$off" "$on" 2>/dev/null' EXIT

# ticks PID: its processor time so far
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

# ask PID PORT SECONDS [WRK_OPTION...]: requests a second, and a second of PID's processor time
ask() {
  local pid=$1 port=$2 for=$3 before
  shift 3
  before=$(ticks "$pid")
  wrk -t1 -c32 -d"${for}s" "$@" "http://127.0.0.1:$port/hello" |
    awk -v pid="$pid" -v before="$before" -v hertz="$(getconf CLK_TCK)" '
      / requests in / { requests = $1 }
      /^Requests\/sec:/ { rate = $2 }
      END {
        getline stat < ("/proc/" pid "/stat")
        split(stat, field, " ")
        busy = field[14] + field[15] - before
        if (rate > 0 && busy > 0) printf "%d %d\n", rate, requests * hertz / busy
      }'
}

until ask "$off" "$port_off" 1 2>/dev/null | grep -q . && ask "$on" "$port_on" 1 2>/dev/null | grep -q .; do
  { kill -0 "$off" && kill -0 "$on"; } || exit 1
done

declare -A seen=([off]="" [generated]="" [inbound]="")
for ((round = 1; round <= rounds; ++round)); do
  seen[off]+=$(ask "$off" "$port_off" "$seconds")$'\n'
  seen[generated]+=$(ask "$on" "$port_on" "$seconds")$'\n'
  seen[inbound]+=$(ask "$on" "$port_on" "$seconds" -H "X-Request-ID: 6f1c2a4e-bench")$'\n'
done

# median MODE COLUMN
median() {
  printf '%s' "${seen[$1]}" | awk -v column="$2" '{ print $column }' | sort -n |
    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

printf '%-10s %12s %8s %16s %8s\n' adapter requests/s "of off" "per CPU second" "of off"
for mode in off generated inbound; do
  awk -v mode=$mode -v rate="$(median $mode 1)" -v base="$(median off 1)" -v cpu="$(median $mode 2)" \
    -v cpu_base="$(median off 2)" \
    'BEGIN { printf "%-10s %12d %8.3f %16d %8.3f\n", mode, rate, rate / base, cpu, cpu / cpu_base }'
done
