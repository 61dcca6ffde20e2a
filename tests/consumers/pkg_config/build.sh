#!/bin/sh
# build.sh DIR COMPILER shared|static CHECK: builds the consumer in DIR as a user of pkg-config does, then CHECKs it.
# SPDX-License-Identifier: MIT
set -eu
directory=$1 compiler=$2 linkage=$3 check=$4
source=$(dirname "$0")/../find_package/main.cpp
[ "$linkage" = static ] && static=--static || static=

mkdir -p "$directory"
# shellcheck disable=SC2046,SC2086 # the flags are lists of words
"$compiler" -std=c++20 $(pkg-config --cflags ctxlog) "$source" -o "$directory/consumer" \
  $(pkg-config --libs $static ctxlog)
"$check" "$directory/consumer"
