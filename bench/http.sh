#!/usr/bin/env bash
# Throughput of an HTTP server with the adapter on, over that with it off: bench/http.sh PROGRAM [ROUNDS [SECONDS]].
# SPDX-License-Identifier: MIT
#
# PROGRAM takes off|on and a port. Both run at once and are asked in turns, so that what else the machine does
# falls on all alike: without the adapter, with it and new ids, with it and ids of the client. Medians of the rounds.
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

# ask PORT SECONDS [WRK_OPTION...]: requests a second
ask() {
  local port=$1 for=$2
  shift 2
  wrk -t1 -c32 -d"${for}s" "$@" "http://127.0.0.1:$port/hello" | awk '/^Requests\/sec:/ { print $2 }'
}

until ask "$port_off" 1 2>/dev/null | grep -q . && ask "$port_on" 1 2>/dev/null | grep -q .; do
  kill -0 "$off" && kill -0 "$on"
done

declare -A seen=([off]="" [generated]="" [inbound]="")
for ((round = 1; round <= rounds; ++round)); do
  seen[off]+=" $(ask "$port_off" "$seconds")"
  seen[generated]+=" $(ask "$port_on" "$seconds")"
  seen[inbound]+=" $(ask "$port_on" "$seconds" -H "X-Request-ID: 6f1c2a4e-bench")"
done

# shellcheck disable=SC2086 # a list of words
median() { printf '%s\n' $1 | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

base=$(median "${seen[off]}")
printf '%-10s %10s requests/s\n' off "$base"
for mode in generated inbound; do
  rate=$(median "${seen[$mode]}")
  printf '%-10s %10s requests/s  %s of off\n' "$mode" "$rate" "$(awk "BEGIN { printf \"%.3f\", $rate / $base }")"
done
