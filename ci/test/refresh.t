#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/refresh: commits to patch files and back, the same bytes each time.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # T: lib.sh

sandbox
small_kernel "$T/kernel"
export KSRC=$T/kernel
mkdir -p mm
echo '/* ours */' >mm/ours.c
linux=build/6.1/linux

run ci/refresh
exits 'without a tree' 2
says 'names make tree' 'make tree'

add_patch fix mm/gup.c 's/^line 10$/line ten/' 'mm/gup: say ten'
add_patch fix mm/memory.c 's/^memory 10$/memory ten/' 'mm/memory: say ten'
add_patch huge mm/gup.c 's/^line 30$/line thirty/' 'mm/gup: say thirty'
mv patches/6.1/huge/0001-* patches/6.1/huge/0007-short.patch
cat >patches/6.1/series <<'EOT'
# What applies when.

# test
# why there is a core
# fix
fix/0001-mm-gup-say-ten.patch
# this one is special
fix/0002-mm-memory-say-ten.patch

# huge
huge/0007-short.patch
# The end.
EOT
run ci/tree patched
run ci/refresh
exits 'a first refresh' 0
ok 'gives the names their form' test -f patches/6.1/huge/0001-mm-gup-say-thirty.patch
ok 'removes the old name' test ! -e patches/6.1/huge/0007-short.patch
ok 'keeps headings and comments of the series' diff - patches/6.1/series <<'EOT'
# What applies when.

# test
# why there is a core
# fix
fix/0001-mm-gup-say-ten.patch
# this one is special
fix/0002-mm-memory-say-ten.patch

# huge
huge/0001-mm-gup-say-thirty.patch
# The end.
EOT
ok 'names the base' grep -qx 'version Linux 6.1.99' patches/6.1/base
ok 'by its tree id' grep -qx "tree $(git -C $linux rev-parse 'HEAD~3^{tree}')" patches/6.1/base
ok 'no commit id of this machine' grep -q '^From 0000000000000000000000000000000000000000 ' patches/6.1/fix/0001*
ok 'no signature' not grep -qx -e '-- ' patches/6.1/fix/0001*
ok 'the date is that of the patch' grep -q '^Date: Tue, 2 Jan 2024' patches/6.1/fix/0001*

stamp=$(hash patches)
run ci/refresh
exits 'again' 0
ok 'writes nothing at all' test "$(hash patches)" = "$stamp"
sed -i 's/^source .*/source another revision/' patches/6.1/base
touch -r patches/6.1/series patches/6.1/base
newer=$(hash patches)
run ci/refresh
ok 'nor where only the base has another name' test "$(hash patches)" = "$newer"
sed -i "s/^source .*/source $(basename "$KSRC")/" patches/6.1/base
tip=$(git -C $linux rev-parse HEAD)
run ci/tree patched
says 'the tree counts as up to date' 'up to date'
stamp=$(hash patches)
rm -rf build
run ci/tree patched
ok 'another import gives the same commits' test "$(git -C $linux rev-parse HEAD)" = "$tip"
# Settings of a user that would change a patch
printf '%s\n' '[diff]' noprefix=true context=1 algorithm=patience '[format]' signature=me signOff=true attach=true \
	'[core]' abbrev=40 '[mailinfo]' scissors=true >"$T/gitconfig"
GIT_CONFIG_GLOBAL=$T/gitconfig run ci/refresh
exits "a user's settings" 0
ok 'change no byte' test "$(hash patches)" = "$stamp"

# New work
mine() { # FILE SED SUBJECT
	sed -i "$2" "$linux/$1"
	git -C $linux commit -qa -m "$3" -m "Why.

    indented, with ünicode

Signed-off-by: Tester <tester@example.org>" --author='Ünï Cödé <u@example.org>'
}
mine mm/memory.c 's/^memory 30$/memory thirty/' 'mm/memory: a subject that is much longer than any file name of a patch may ever become'
run ci/refresh
exits 'a commit on top' 0
name=huge/0002-mm-memory-a-subject-that-is-much-longer-than-any-fil.patch
ok 'becomes a patch of the last topic' test -f patches/6.1/$name
ok 'is in the series after it' test "$(sed -n '/^huge\/0001/{n;p}' patches/6.1/series)" = $name
run ci/tree patched
says 'and the tree is up to date' 'up to date'
stamp=$(hash patches)
rm -rf build
run ci/tree patched
exits 'it applies' 0
ok 'author and text survive' test "$(git -C $linux log -1 --format=%an%b | tr -d '\n')" = \
	'Ünï CödéWhy.    indented, with ünicodeSigned-off-by: Tester <tester@example.org>'
run ci/refresh
ok 'and it is written the same again' test "$(hash patches)" = "$stamp"

# A commit in the middle, another reworded, a third dropped
git -C $linux reset -q --hard HEAD~3
mine mm/gup.c 's/^line 20$/line twenty/' 'mm/gup: say twenty'
git -C $linux cherry-pick -n ORIG_HEAD~1 >/dev/null
git -C $linux commit -qm 'mm/gup: say thirty, at last' -m 'Signed-off-by: Tester <tester@example.org>'
run ci/refresh
exits 'commits rearranged' 0
ok 'a new one goes to the topic of the one before' test -f patches/6.1/fix/0002-mm-gup-say-twenty.patch
ok 'a reworded one stays in its topic' test -f patches/6.1/huge/0001-mm-gup-say-thirty-at-last.patch
ok 'dropped ones go' test "$(find patches -name '*.patch' | wc -l)" = 3
ok 'and out of the series' test "$(grep -c patch patches/6.1/series)" = 3

# What the tree was made without stays
TOPICS=fix run ci/tree patched
mine mm/gup.c 's/^line 40$/line forty/' 'mm/gup: say forty'
TOPICS=fix run ci/refresh
exits 'with TOPICS=fix' 0
ok 'a patch of huge is kept' test -f patches/6.1/huge/0001-mm-gup-say-thirty-at-last.patch
ok 'and in the series' grep -qx 'huge/0001-mm-gup-say-thirty-at-last.patch' patches/6.1/series
ok 'the new one is in core' test -f patches/6.1/fix/0003-mm-gup-say-forty.patch
run ci/tree patched
exits 'all of it applies' 0

# A new topic
mine mm/memory.c 's/^memory 1$/memory one/' 'mm/memory: say one'
TOPIC=late run ci/refresh
exits 'a TOPIC= that there is not' 2
says 'says what to add' 'add the line "# late"'
sed -i 's/^# The end.$/# late\n&/' patches/6.1/series
TOPIC=late run ci/refresh
exits 'a TOPIC= without patches yet' 0
ok 'takes the new commit' test -f patches/6.1/late/0001-mm-memory-say-one.patch
ok 'under its heading' test "$(sed -n '/^# late/{n;p}' patches/6.1/series)" = late/0001-mm-memory-say-one.patch
run ci/tree patched
exits 'a topic that is not among the default ones is left out' 0
ok 'of the tree' grep -qx 'memory 1' $linux/mm/memory.c

# Refusals; none of them may write anything
stamp=$(hash patches)
echo edit >>$linux/mm/gup.c
run ci/refresh
exits 'uncommitted changes' 2
says 'names git' 'commit or git stash'
git -C $linux checkout -q mm/gup.c
git -C $linux add -f mm/ours.c
git -C $linux commit -qm 'mm: add ours'
run ci/refresh
exits 'a commit with files of ours' 2
says 'says where they live' 'live in this repository'
git -C $linux reset -q --hard HEAD^
git -C $linux commit -q --allow-empty -m nothing
run ci/refresh
exits 'a commit that changes nothing' 2
git -C $linux reset -q --hard HEAD^
git -C $linux rebase -q --onto HEAD~2 HEAD~1 2>/dev/null
git -C $linux cherry-pick ORIG_HEAD~1 >/dev/null 2>&1
run ci/refresh
exits 'topics out of order' 2
says 'says which commit' 'belongs to fix but comes after a commit of huge'
git -C $linux reset -q --hard refs/gup-special/patched/tip
ok 'no refusal wrote anything' test "$(hash patches)" = "$stamp"
sed -i 's/Because/For/' patches/6.1/fix/0001*
stamp=$(hash patches)
run ci/refresh
exits 'a patch file edited since' 2
says 'is named' 'fix/0001-mm-gup-say-ten.patch changed since'
ok 'and not overwritten' test "$(hash patches)" = "$stamp"
run ci/tree patched
run ci/refresh
exits 'once it is applied, on we go' 0

# Repair by hand of a patch that does not apply: what comes after it is not lost
cp -r "$T/kernel" "$T/moved"
sed -i 's/^line 20$/line 20.0/' "$T/moved/mm/gup.c"
export KSRC=$T/moved
run ci/tree patched
exits 'a base where the second patch does not apply' 2
git -C $linux reset -q --hard refs/gup-special/partial/tip
sed -i 's/^line 20.0$/line twenty/' $linux/mm/gup.c
git -C $linux commit -qam 'mm/gup: say twenty' -m 'Signed-off-by: Tester <tester@example.org>'
run ci/refresh
exits 'mended by hand' 0
says 'says what is not in the tree' 'stays in the series'
ok 'the mended patch is written' grep -q '^-line 20.0' patches/6.1/fix/0002*
ok 'all others are still there' test "$(grep -c patch patches/6.1/series)" = 5
run ci/tree patched
exits 'and now all apply' 0
ok 'as they should' grep -qx 'line forty' $linux/mm/gup.c
done_testing
