#!/bin/sh
# check.sh SOURCE COMPILER FLAGS...: SOURCE must fail to compile for the reason it states, and for no other.
# SPDX-License-Identifier: MIT
#
# Each line "// expect: REGEX" of SOURCE names text the compiler's errors must contain (grep -E). With FIXED defined
# SOURCE must compile: so the failure comes from the marked lines and not from a typing error.
set -u
source=$1
shift

output=$("$@" -DFIXED -S -o /dev/null "$source" 2>&1) || {
  printf '%s\n%s: does not compile with FIXED defined, expected that it does\n' "$output" "$source"
  exit 1
}
if output=$("$@" -S -o /dev/null "$source" 2>&1); then
  printf '%s: compiles, expected an error\n' "$source"
  exit 1
fi

expected=$(sed -n 's|^// expect: ||p' "$source")
if [ -z "$expected" ]; then
  printf '%s: has no line "// expect: REGEX"\n' "$source"
  exit 1
fi
printf '%s\n' "$expected" | while IFS= read -r regex; do
  if ! printf '%s\n' "$output" | grep -qE -- "$regex"; then
    printf '%s\n%s: the errors above do not contain: %s\n' "$output" "$source" "$regex"
    exit 1
  fi
done
