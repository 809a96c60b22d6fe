#!/bin/sh
# Each public header compiles alone, as C11 and as C++, with nothing but libc and jansson. Speaks TAP.
# Automake's make gives CC and JANSSON_CFLAGS; a run by hand takes what the machine has.
top=${TOP_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
include=$top/core/include
flags="-I$include ${JANSSON_CFLAGS-$(pkg-config --cflags jansson)} -Wall -Wextra -Werror -fsyntax-only"
set -- "$include"/aula/*.h
echo "1..$((2 * $#))"
number=0

compile() { # compile NAME HEADER COMPILER LANGUAGE STANDARD
	number=$((number + 1))
	command -v "${3%% *}" >/dev/null || { echo "ok $number - $1 # SKIP no $3"; return; }
	# shellcheck disable=SC2086
	if said=$(echo "#include \"aula/$2\"" | $3 $flags -x "$4" -std="$5" - 2>&1); then
		echo "ok $number - $1"
	else
		echo "$said" | sed 's/^/# /'
		echo "not ok $number - $1"
	fi
}

for header in "$include"/aula/*.h; do
	header=${header##*/}
	compile "$header as C11" "$header" "${CC:-cc}" c c11
	compile "$header as C++" "$header" "${CXX:-c++}" c++ c++17
done
