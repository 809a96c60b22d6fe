#!/bin/sh
# conf/*.cfg and docs/reference.md are made of the tables in the code and say the same; every row has
# its sentence; every default is one that its own table accepts. Speaks TAP. With --update they are
# written anew.
source=${TOP_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${TOP_BUILDDIR:-$source/build}
aula=$build/aula
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
mkdir "$work/modules" "$work/new" "$work/conf" "$work/plain"
for module in "$build"/plugins/.libs/*.so "$build"/transports/.libs/*.so "$build"/events/.libs/*.so; do
	[ -e "$module" ] && ln -s "$module" "$work/modules/"
done
echo "modules: { folder = \"$work/modules\"; };" >"$work/plain/aula.cfg"

make_all() { # into $work/new
	"$aula" --describe --format sample >"$work/new/aula.cfg" || return 1
	for module in "$work"/modules/*.so; do
		name=${module##*/}
		"$aula" --describe "$module" --format sample >"$work/new/${name%.so}.cfg" || return 1
	done
	"$aula" --config "$work/plain" --describe --format markdown >"$work/new/reference.md"
}

if [ "${1-}" = --update ]; then
	make_all || exit 1
	mkdir -p "$source/docs" && cp "$work/new/reference.md" "$source/docs/" && cp "$work"/new/*.cfg "$source/conf/"
	exit
fi

report() { # report NUMBER STATUS TEXT; what is wrong on stdin
	found=$(cat)
	[ "$2" = 0 ] && [ -z "$found" ] && echo "ok $1 - $3" && return
	echo "$found" | sed 's/^/# /'
	echo "not ok $1 - $3"
}

echo 1..5
make_all >"$work/said" 2>&1
report 1 $? "the tables describe themselves" <"$work/said"

for made in "$work"/new/*; do
	name=${made##*/}
	case $name in *.md) kept=$source/docs/$name ;; *) kept=$source/conf/$name ;; esac
	diff -u "$kept" "$made" | head -n 20
done 2>&1 | report 2 0 "samples and reference are those of the tables (else: make update-reference)"

for kept in "$source"/conf/*.cfg; do
	[ -e "$work/new/${kept##*/}" ] || echo "$kept belongs to no module"
done | report 3 0 "no sample is left over"

"$aula" --config "$work/plain" --describe | grep -n '"summary":' | grep -vE '[^ "]\.",?$' | head -n 20 |
	report 4 0 "each row has a sentence"

# Each setting at its default, written out, but for those that have none to write.
for made in "$work"/new/*.cfg; do
	sed -E '/= "\.\.\.";$/d; s/^(\t?)#([a-z\t}])/\1\2/' "$made" >"$work/conf/${made##*/}"
done
sed -i "s|^modules: {|&\\n\\tfolder = \"$work/modules\";|" "$work/conf/aula.cfg"
"$aula" --config "$work/conf" --state "$work" --check-config >/dev/null 2>"$work/said"
report 5 $? "each default is accepted when written" <"$work/said"
