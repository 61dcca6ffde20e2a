#!/bin/sh
# check.sh PROGRAM: the consumer must succeed and its JSON line must carry the request id of the context.
# SPDX-License-Identifier: MIT
set -eu
output=$(ENV=PROD "$1")
printf '%s\n' "$output"
case $output in
  *'"request_id":"r-1"'*) ;;
  *)
    echo "$1: its output has no \"request_id\":\"r-1\"" >&2
    exit 1
    ;;
esac
