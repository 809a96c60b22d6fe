#!/bin/sh
# The types of the SDK and the pages, and the unit tests of the SDK. Speaks TAP.
: "${TOP_SRCDIR:=$(cd "$(dirname "$0")/.." && pwd)}" "${TOP_BUILDDIR:=$TOP_SRCDIR}"
command -v node >/dev/null || { echo "1..0 # SKIP no node"; exit 0; }
echo 1..2

# The compiler is needed here only, so it is installed here only, beside a copy of what it reads.
types() {
	work=$TOP_BUILDDIR/html/types
	mkdir -p "$work" || return
	for file in package.json package-lock.json tsconfig.json lib components; do
		rm -rf "${work:?}/$file" && cp -R "$TOP_SRCDIR/html/$file" "$work/" && chmod -R u+w "$work/$file" || return
	done
	cmp -s "$work/package-lock.json" "$work/node_modules/lock" || {
		(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || return 77
		cp "$work/package-lock.json" "$work/node_modules/lock"
	}
	(cd "$work" && node_modules/.bin/tsc -p tsconfig.json)
}
said=$(types 2>&1)
case $? in
0) echo "ok 1 - types" ;;
77) echo "ok 1 - types # SKIP npm cannot install TypeScript" ;;
*) echo "$said" | sed 's/^/# /'; echo "not ok 1 - types" ;;
esac

if said=$(node --test "$TOP_SRCDIR"/tests/unit/html/*.test.mjs 2>&1); then
	echo "ok 2 - unit tests"
else
	echo "$said" | sed 's/^/# /'
	echo "not ok 2 - unit tests"
fi
