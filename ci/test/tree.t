#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/tree on a kernel of a few files: what it makes, what it leaves alone.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # status, T: lib.sh

sandbox
small_kernel "$T/kernel"
export KSRC=$T/kernel
mkdir -p mm
echo '/* ours */' >mm/ours.c
add_patch fix mm/gup.c 's/^line 10$/line ten/' 'mm/gup: say ten'
add_patch huge mm/gup.c 's/^line 30$/line thirty/' 'mm/gup: say thirty'
add_patch test include/linux/mm.h '$a#define OURS 1' 'mm: hook up ours'
before=$(hash "$T/kernel")
linux=build/6.1/linux
tip() { git -C $linux rev-parse HEAD; }

# The first time
run ci/tree patched
exits 'a first tree' 0
says 'names the version' 'Linux 6.1.99'
ok 'a commit for the base and for each patch' test "$(git -C $linux rev-list --count HEAD)" = 4
ok 'in the order of the series' test "$(git -C $linux log -1 --format=%s)" = 'mm: hook up ours'
ok 'patches are applied' grep -qx 'line thirty' $linux/mm/gup.c
ok 'our files are there' grep -q ours $linux/mm/ours.c
ok 'the index and the work tree agree' test -z "$(git -C $linux status --porcelain)"
ok 'gc does not run by itself' test "$(git -C $linux config gc.auto)" = 0
first=$(tip)

# Nothing to do
stamp=$(hash $linux)
run ci/tree patched
exits 'a second run' 0
says 'says that all is up to date' 'up to date'
ok 'changes nothing at all' test "$(hash $linux)" = "$stamp"

# The same anywhere, at any time
BUILD=$T/elsewhere run ci/tree patched
exits 'another output folder' 0
ok 'gives the same commit ids' test "$(git -C "$T/elsewhere/6.1/linux" rev-parse HEAD)" = "$first"

# The other two trees
run ci/tree stock
exits 'stock' 0
ok 'has our files and topic test' grep -q OURS build/6.1/linux-stock/include/linux/mm.h
ok 'and nothing else' not grep -q ten build/6.1/linux-stock/mm/gup.c
PATCH=say-ten run ci/tree without
exits 'without' 0
ok 'takes one patch out' grep -qx 'line 10' build/6.1/linux-without/mm/gup.c
ok 'and keeps the rest' grep -qx 'line thirty' build/6.1/linux-without/mm/gup.c
PATCH=say run ci/tree without
exits 'a PATCH= that is two' 2
says 'names them' 'huge/0001-mm-gup-say-thirty.patch'
PATCH=nowhere run ci/tree without
exits 'a PATCH= that is none' 2
says 'lists what there is' 'fix/0001-mm-gup-say-ten.patch'
run ci/tree without
says 'no PATCH= at all: says how to name one' 'make without PATCH='
PATCH=fix/0001 run ci/tree without
exits 'a patch by part of its path' 0
ok 'three trees, one object store' test "$(find build -name objects | wc -l)" = 1
ok 'the patched tree is as it was' test "$(tip)" = "$first"

# Topics
TOPICS=fix run ci/tree patched
exits 'TOPICS=fix' 0
ok 'leaves huge out' grep -qx 'line 30' $linux/mm/gup.c
ok 'and never test' grep -q OURS $linux/include/linux/mm.h
TOPICS=fixx run ci/tree patched
exits 'a topic that there is not' 2
says 'lists those that there are' 'fix huge test'
run ci/tree patched
ok 'and back to all: the first commit again' test "$(tip)" = "$first"

# Only what differs is written
touch -d 2021-01-01 $linux/mm/*.c $linux/include/linux/mm.h
git -C $linux update-index -q --refresh
add_patch huge mm/memory.c 's/^memory 5$/memory five/' 'mm/memory: say five'
run ci/tree patched
exits 'a patch on top' 0
ok 'writes the file that it changes' test -n "$(find $linux/mm/memory.c -newermt 2022-01-01)"
ok 'and no other' test -z "$(find $linux/mm/gup.c $linux/mm/ours.c $linux/include -type f -newermt 2022-01-01)"

# Our files
id=$(tip)
echo '/* ours, better */' >mm/ours.c
ok 'a file of ours is the same one in the tree' grep -q better $linux/mm/ours.c
echo '/* another */' >mm/another.c
run ci/tree patched
ok 'a new one arrives' grep -q another $linux/mm/another.c
ok 'and git sees none of them' test -z "$(git -C $linux status --porcelain)"
rm mm/ours.c
run ci/tree patched
ok 'a removed one goes' test ! -L $linux/mm/ours.c
ok 'all that changes no commit' test "$(tip)" = "$id"
echo x >mm/gup.c
run ci/tree patched
exits 'a file of ours where the base has one' 2
says 'is named, and a patch advised' 'change them by a patch: mm/gup.c'
rm mm/gup.c
echo x >$linux/mm/third.c
echo y >mm/third.c
run ci/tree patched
exits 'a file in the tree where ours has to go' 2
says 'is named, too' 'mm/third.c is in the way'
ok 'and kept' grep -qx x $linux/mm/third.c
rm mm/third.c mm/another.c $linux/mm/third.c
run ci/tree patched

# Work of the user's own
echo '/* mine */' >>$linux/mm/memory.c
run ci/tree patched
exits 'an edit in the tree, the series as it was' 0
says 'is built as it is, and mentioned' 'work of yours: 1 changed files'
ok 'and kept' grep -q mine $linux/mm/memory.c
cp patches/6.1/series "$T/series.kept"
sed -i '/^huge/d' patches/6.1/series
run ci/tree patched
exits 'an edit in the tree, and the series changed' 2
says 'names make refresh' 'make refresh'
says 'and how to drop it' 'git -C build/6.1/linux stash'
ok 'and keeps the edit' grep -q mine $linux/mm/memory.c
git -C $linux commit -qam 'mm/memory: mine'
mine=$(tip)
run ci/tree patched
exits 'a commit in the tree, and the series changed' 2
says 'says how many' '1 commits of yours'
git -C $linux checkout -q -b other HEAD^
run ci/tree patched
exits 'the same on a branch that is not checked out' 2
git -C $linux checkout -q patched
ok 'and keeps the commit' test "$(tip)" = "$mine"
git -C $linux reset -q --hard refs/gup-special/patched/tip
run ci/tree patched
exits 'once it is gone, on we go' 0
cp "$T/series.kept" patches/6.1/series
run ci/tree patched
echo new >$linux/mm/new.c
echo theirs >"$T/patching/mm/new.c"
git -C "$T/patching" add -f mm/new.c
add_patch fix mm/memory.c 's/^memory 20$/memory twenty/' 'mm: a new file'
run ci/tree patched
exits 'a file of the user, not in git, where a patch makes one' 2
says 'is named' mm/new.c
ok 'is not overwritten' grep -qx new $linux/mm/new.c
rm $linux/mm/new.c
run ci/tree patched
exits 'once it is out of the way, on we go' 0

# Stopped in the middle of moving the work tree
git -C $linux update-ref refs/gup-special/patched/moving "$first"
git -C $linux checkout -q "$first" -- mm/memory.c
run ci/tree patched
exits 'after an interrupted move' 0
ok 'the tree is whole' test -z "$(git -C $linux status --porcelain -uno)"

# A context that drifted, and a patch that does not apply
good=$(tip)
export KSRC=$T/drifted
cp -r "$T/kernel" "$T/drifted"
sed -i 's/^line 8$/line eight/' "$T/drifted/mm/gup.c"
sed -i 's/SUBLEVEL = 99/SUBLEVEL = 100/' "$T/drifted/Makefile"
printf '%s\n' 'version Linux 6.1.99' 'source somewhere' 'tree 1234' >patches/6.1/base
run ci/tree patched
exits 'drifted context' 2
says 'stops, names the patch' 'patches/6.1/fix/0001-mm-gup-say-ten.patch does not apply'
says 'why' 'Only its context differs'
says 'and the way on' 'DRIFT=1'
says 'the file that differs is named' 'of what it changes, these differ here: mm/gup.c'
ok 'the tree is as it was' test "$(tip)" = "$good"
DRIFT=1 run ci/tree patched
exits 'with DRIFT=1' 0
says 'it is mentioned' 'context drifted: patches/6.1/fix/0001'
ok 'and it applies' grep -qx 'line ten' $linux/mm/gup.c
ok 'on the new base' grep -qx 'line eight' $linux/mm/gup.c
run ci/tree patched
exits 'without it, afterwards' 2
KSRC=$T/kernel run ci/tree patched
lacks 'a base known already is not unpacked again' unpacking
ok 'and gives the same commit again' test "$(tip)" = "$good"
export KSRC=$T/broken
cp -r "$T/drifted" "$T/broken"
sed -i 's/^line 10$/line 10.0/' "$T/broken/mm/gup.c"
stamp=$(hash $linux/mm)
run ci/tree patched
exits 'a patch that does not apply' 2
says 'is named' 'patches/6.1/fix/0001-mm-gup-say-ten.patch does not apply'
says 'with its file and line' 'patch failed: mm/gup.c:7'
says 'with the version expected' 'made on Linux 6.1.99'
says 'and the one present' 'this is Linux 6.1.100'
says 'and the cure' 'git am -3'
ok 'and the tree is as it was' test "$(tip) $(hash $linux/mm)" = "$good $stamp"
cp -r "$T/kernel" "$T/has-it"
sed -i 's/^line 10$/line ten/' "$T/has-it/mm/gup.c"
KSRC=$T/has-it run ci/tree patched
says 'a patch that the base has already is told apart' 'already in this base'

cp -r "$T/kernel" "$T/other-file"
echo '# more' >>"$T/other-file/Makefile"
KSRC=$T/other-file run ci/tree patched
lacks 'a base that differs where nothing is changed is no news' Makefile

# A series of the user's own
cp -r patches/6.1 "$T/my-series"
rm -r "$T/my-series/huge"
sed -i '/^huge/d' "$T/my-series/series"
KSRC=$T/kernel SERIES=$T/my-series run ci/tree patched
exits 'SERIES=' 0
ok 'has an output folder of its own' grep -qx 'line ten' build/my-series/linux/mm/gup.c
ok 'and its own patches' not grep -qx 'line thirty' build/my-series/linux/mm/gup.c

# Where the source comes from
export BUILD=$T/source
KSRC=$T/nowhere run ci/tree patched
exits 'a KSRC= that is not there' 2
says 'is named' "KSRC=$T/nowhere does not exist"
mkdir "$T/empty"
KSRC=$T/empty run ci/tree patched
exits 'a KSRC= that is no kernel' 2
KSRC='' BASE=6.0 run ci/tree patched
exits 'a base without a series' 2
mkdir patches/0.0 && : >patches/0.0/series
KSRC='' BASE=0.0 run ci/tree patched
exits 'a source package that is not installed' 2
says 'is named with its cure' 'apt-get install linux-source-0.0'
tar -cJf "$T/with-folder.tar.xz" -C "$T" kernel
KSRC=$T/with-folder.tar.xz run ci/tree patched
exits 'a tarball with a folder' 0
tar -czf "$T/plain.tar.gz" -C "$T/kernel" .
cp -r "$T/source/6.1/linux/mm" "$T/mm.kept"
KSRC=$T/plain.tar.gz run ci/tree patched
exits 'a tarball without' 0
ok 'gives the same tree' diff -r "$T/mm.kept" "$T/source/6.1/linux/mm"
cp -r "$T/kernel" "$T/git"
git -C "$T/git" init -q
git -C "$T/git" add -fA
git -C "$T/git" commit -qm x
echo '/* edited */' >>"$T/git/mm/memory.c"
echo object >"$T/git/mm/built.o"
stamp=$(hash "$T/git")
KSRC=$T/git run ci/tree patched
exits 'a git tree' 0
ok 'with its edits' grep -q edited "$T/source/6.1/linux/mm/memory.c"
ok 'without what was built in it' test ! -e "$T/source/6.1/linux/mm/built.o"
ok 'and it is not changed, nor its index' test "$(hash "$T/git")" = "$stamp"

# Killed in the middle of unpacking
export BUILD=$T/killed KSRC=$T/plain.tar.gz
mkdir "$T/bin"
cat >"$T/bin/tar" <<'STUB'
#!/usr/bin/env bash
# unpacks half, says so, and hangs
mkdir -p "${@: -1}/mm"
echo half | tee "${@: -1}/mm/gup.c" >"${@: -1}/mm/half.c"
touch "$STARTED"
exec sleep 60
STUB
chmod +x "$T/bin/tar"
for signal in INT KILL; do
	rm -f "$T/started"
	(set -m; STARTED=$T/started PATH=$T/bin:$PATH exec ci/tree patched) >"$T/log" 2>&1 &
	for _ in {1..100}; do [[ ! -e $T/started ]] || break; sleep 0.1; done
	ok "SIG$signal: it was unpacking" test -e "$T/started"
	# A terminal signals the whole group; here, it and its tar.
	child=$(pgrep -P $!)
	kill -$signal $! "$child" 2>/dev/null
	wait $! 2>/dev/null
	ok "SIG$signal: no half-made tree is in place" test ! -e "$T/killed/6.1/linux"
	run ci/tree patched
	exits "SIG$signal: the next run works" 0
	ok "SIG$signal: with the whole source" grep -qx 'line 40' "$T/killed/6.1/linux/mm/gup.c"
	ok "SIG$signal: and nothing else" test ! -e "$T/killed/6.1/linux/mm/half.c"
	ok "SIG$signal: and leaves nothing over" test -z "$(find "$T/killed/6.1" -maxdepth 1 -name '*.tmp')"
	rm -rf "$T/killed"
done

ok 'KSRC was never changed' test "$(hash "$T/kernel")" = "$before"
done_testing
