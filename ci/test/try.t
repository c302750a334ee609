#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Trees and patches of somebody else: KSRC= and the way on that a failure names, make try, make bisect. Real trees, no builds.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # out, T: lib.sh

sandbox
small_kernel "$T/kernel"
export KSRC=$T/kernel BUILD=$T/build
add_patch fix mm/gup.c 's/^line 10$/line ten/' 'mm/gup: say ten'
add_patch huge mm/gup.c 's/^line 30$/line thirty/' 'mm/gup: say thirty'
run ci/tree patched
run ci/refresh
cp -r patches "$T/patches"
linux=$BUILD/6.1/linux

# A tree of one's own, far from the base: the message's own commands repair it.
(cd "$T" && tar -cJf "$T/package.tar.xz" kernel)
sed -i "s,/usr/src/\$package.tar.xz,$T/package.tar.xz," ci/source.sh
cp -r "$T/kernel" "$T/mine"
sed -i 's/^line 9$/line nine/; s/^line 20$/line twenty/' "$T/mine/mm/gup.c"
export KSRC=$T/mine BUILD=$T/own
run ci/tree patched
exits 'a patch that does not apply to KSRC=' 2
commands=$(sed -n 's/^ \{8\}\(cd\|git\) /\1 /p' <<<"$out")
ok 'three commands are named' test "$(wc -l <<<"$commands")" = 3
run bash -ec "$commands"
if ((status)); then
	# (settle it, git add, git am --continue)
	sed -i '/^[<=>]\{7\}/d; /^line 10$/d' "$T/own/6.1/linux/mm/gup.c"
	git -C "$T/own/6.1/linux" add -f mm/gup.c
	run env GIT_EDITOR=: git -C "$T/own/6.1/linux" am --continue
fi
exits 'they work: git am merges with what the series was made on' 0
run ci/refresh
exits 'make refresh takes it over' 0
run ci/tree patched
exits 'and it applies' 0
ok 'with all patches' test "$(git -C "$T/own/6.1/linux" rev-list --count HEAD)" = 3

# Stubs from here on: a kernel is "built" by copying a file, and a boot of machine m is red if line 40 is not there.
printf '#!/bin/bash\n' >ci/install
cat >ci/run-one <<'ONE'
#!/usr/bin/env bash
. ci/lib.sh
mkdir -p "$3"
r=PASS
grep -qx 'line 40' "$2/mm/gup.c" || r=FAIL
grep -qx 'line thirty' "$2/mm/gup.c" && echo "has the series"
grep -qx 'line one' "$2/mm/gup.c" && echo "has the patch"
printf '%s\t%s\t1\t0\t0\t0\t\n' "$1" $r >"$3/verdict"
[[ $r == PASS ]] || printf 'prog.a\tred\n' >"$3/failed"
ONE
rm ci/machines/*
echo 'ARCH=stub' >ci/machines/m

# make try
rm -r patches && cp -r "$T/patches" patches
export KSRC=$T/kernel BUILD=$T/try MACHINES=m
git clone -q "$linux" "$T/theirs"
git -C "$T/theirs" checkout -q HEAD
sed -i 's/^line 1$/line one/' "$T/theirs/mm/gup.c"
git -C "$T/theirs" commit -qam 'mm/gup: say one' -m 'Signed-off-by: Tester <tester@example.org>'
git -C "$T/theirs" format-patch -q -1 --cover-letter -o "$T/mails"
cat "$T/mails"/* >"$T/idea.mbox"
run env MBOX="$T/idea.mbox" ci/try
exits 'make try' 0
says 'has the patch' 'has the patch'
says 'on top of the series' 'has the series'
says 'counts patches, not mails' '1 patches of'
ok 'in a folder of its own' test -e "$T/try/idea/linux/mm/gup.c"
run env MBOX="$T/idea.mbox" ON=base ci/try
exits 'on the base' 0
lacks 'without the series' 'has the series'
run env MBOX="$T/nosuch.mbox" ci/try
exits 'a file that is not there' 2
run ci/try
says 'no MBOX= at all: says what to say' 'make try MBOX='

# make bisect
cp -r "$T/kernel" "$T/history"
git -C "$T/history" init -q
git -C "$T/history" add -fA
git -C "$T/history" commit -qm good
for i in 1 2 3 4 5; do
	[[ $i != 3 ]] || sed -i 's/^line 40$/line forty/' "$T/history/mm/gup.c"
	echo "# $i" >>"$T/history/Makefile"
	git -C "$T/history" commit -qam "change $i"
done
stamp=$(hash "$T/history")
export KSRC=$T/history BUILD=$T/bisected
run env GOOD=HEAD~5 BAD=HEAD ci/bisect
says 'make bisect finds the commit' 'is the first bad commit'
says 'the right one' 'change 3'
ok 'and leaves the tree alone' test "$(hash "$T/history")" = "$stamp"
run env GOOD=nosuch BAD=HEAD ci/bisect
exits 'a commit that there is not' 2
done_testing
