#!/bin/bash
# Fuzzes src/core with libFuzzer: the targets of test/fuzz, or those named, for
# FUZZ_SECONDS in all.  An input that fails stays in build/fuzz.
#
#   scripts/fuzz.sh [target]...
set -eu
cd "$(dirname "$0")/.."

shopt -s nullglob
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(test/fuzz/*.c)
seconds=$((${FUZZ_SECONDS:-60} / ${#targets[@]}))
# 0 would be no limit at all.
[ "$seconds" -gt 0 ] || seconds=1

# Leak detection fails where it may not trace processes, and nothing allocates.
export ASAN_OPTIONS=detect_leaks=0

mkdir -p build/fuzz
status=0
for target in "${targets[@]}"; do
	name=$(basename "$target" .c)
	program=build/fuzz/$name
	clang -g -O1 -Wall -Wextra -Isrc -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o "$program" "$target" src/core/*.c

	# The corpus keeps what was found; it begins with the lines of the seeds.
	mkdir -p "$program.corpus"
	number=0
	if [ -e "${target%.c}.seeds" ]; then
		while IFS= read -r seed; do
			number=$((number + 1))
			printf %s "$seed" >"$program.corpus/seed.$number"
		done <"${target%.c}.seeds"
	fi
	if "$program" -max_total_time="$seconds" -max_len=512 -use_value_profile=1 \
		-print_final_stats=1 -artifact_prefix="$program." "$program.corpus" \
		>"$program.log" 2>&1; then
		printf 'ok      %s, %s inputs\n' "$name" \
			"$(sed -n 's/^stat::number_of_executed_units: *//p' "$program.log")"
	else
		printf 'FAILED  %s\n' "$name"
		tail -n 40 "$program.log" | sed 's/^/        /'
		status=1
	fi
done
exit "$status"
