#!/bin/bash
# Brings the marked lines of programs that tests run into docs/*.md, so that they cannot rot.
#
#   scripts/snippets.sh [check]     check: says what is stale, and changes nothing
#
# In a document "<!-- file [name] -->" stands before a block of code.  In the file it is what
# stands between "snippet [name]" and "end" in comments, without the indentation of the first.
set -eu
cd "$(dirname "$0")/.."

work=$(mktemp)
trap 'rm -f "$work"' EXIT

fill() {
	awk '
		function copy(file, name,    line, on, indent, found, last) {
			while ((getline line < file) > 0) {
				if (line ~ "^[ \t]*(//|#|--) snippet" name "$") {
					found = on = 1
					indent = substr(line, 1, match(line, /[^ \t]/) - 1)
				} else if (on && line ~ /^[ \t]*(\/\/|#|--) end$/) {
					on = 0
				} else if (on && line == "") {
					last = last "\n"
				} else if (on) {
					sub("^" indent, "", line)
					printf "%s%s\n", last, line
					last = ""
				}
			}
			close(file)
			if (!found) {
				print FILENAME ": no snippet" name " in " file > "/dev/stderr"
				failed = 1
			}
		}
		/^```$/ && inside {inside = 0}
		!inside {print}
		/^```./ && file != "" {copy(file, name); inside = 1; file = ""; next}
		{file = ""}
		/^<!-- test\/.* -->$/ {
			file = $2
			name = NF > 3 ? " " $3 : ""
		}
		END {exit failed}' "$1"
}

status=0
for file in docs/*.md; do
	fill "$file" >"$work"
	if ! cmp -s "$work" "$file"; then
		if [ "${1:-}" = check ]; then
			diff -u "$file" "$work" || status=1
		else
			cat "$work" >"$file"
		fi
	fi
done
exit "$status"
