#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/mbox: git am and quilt take it, and what they make is the prepared tree.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # T: lib.sh

sandbox
small_kernel "$T/kernel"
export KSRC=$T/kernel
mkdir -p mm tools/testing
echo '/* ours */' >mm/ours.c
printf '#!/bin/sh\n' >tools/testing/ours.sh
chmod +x tools/testing/ours.sh
git add mm tools
git commit -qm 'ours'
add_patch fix mm/gup.c 's/^line 10$/line ten/' 'mm/gup: say ten'
add_patch huge mm/gup.c 's/^line 30$/line thirty/' 'mm/gup: say thirty'
add_patch test include/linux/mm.h '$a#define OURS 1' 'mm: hook up ours'
printf '%s\n' 'A subject' '' 'For all.' '' '# fix' 'What a fix is.' '# huge' 'What is huge.' >patches/6.1/cover-letter
linux=build/6.1/linux

# plain DIR: a tree of the base
plain() { cp -r "$T/kernel" "$1" && git -C "$1" init -q && git -C "$1" add -fA && git -C "$1" commit -qm base; }

run ci/mbox
exits 'without a tree it makes one' 0
says 'names the file' build/6.1/gup-special-6.1.mbox
says 'counts the patches: not those of test' '2 patches (fix huge) for Linux 6.1.99'
mbox=build/6.1/gup-special-6.1.mbox
ok 'numbered, and for stable' grep -q '^Subject: \[PATCH 6.1.y 2/2\] mm/gup: say thirty' $mbox
ok 'none of our files is in it' not grep -q ours.c $mbox
ok 'the cover letter has all parts' grep -qx 'What is huge.' $mbox.cover
ok 'and what changes' grep -q 'mm/gup.c | 4' $mbox.cover
ci/mbox - >"$T/stdout" 2>/dev/null
ok 'on stdout the same bytes' cmp "$T/stdout" $mbox

# One topic, nothing else
TOPICS=fix run ci/mbox
says 'TOPICS= chooses' '1 patches (fix)'
mbox=build/6.1/gup-special-6.1-fix.mbox
ok 'and is in the name' test -f $mbox
ok 'the cover letter speaks of it' grep -qx 'What a fix is.' $mbox.cover
ok 'and of nothing else' not grep -q 'What is huge' $mbox.cover
ok 'as the series for quilt does' test "$(cat $mbox.series)" = fix/0001-mm-gup-say-ten.patch
plain "$T/plain"
run git -C "$T/plain" am -q "$PWD/$mbox"
exits 'git am on the base' 0
ok 'does what the topic says' diff <(sed 's/^line 10$/line ten/' "$T/kernel/mm/gup.c") "$T/plain/mm/gup.c"
plain "$T/imported"
run git -C "$T/imported" quiltimport --patches "$PWD/patches/6.1" --series "$PWD/$mbox.series"
exits 'git quiltimport on the base' 0
ok 'gives the same tree' test "$(git -C "$T/imported" rev-parse 'HEAD^{tree}')" = "$(git -C "$T/plain" rev-parse 'HEAD^{tree}')"
if command -v quilt >/dev/null; then
	cp -r "$T/kernel" "$T/quilt"
	run env -C "$T/quilt" QUILT_PATCHES="$PWD/patches/6.1" QUILT_SERIES="$PWD/$mbox.series" quilt push -a
	exits 'quilt push -a on the base' 0
	ok 'gives the same file' cmp "$T/quilt/mm/gup.c" "$T/plain/mm/gup.c"
else
	echo "ok $((++n)) - quilt push -a # SKIP quilt is not installed"
fi

# With the tests
TOPICS="fix huge test" run ci/mbox
says 'files of ours come with test' '4 patches (fix huge test)'
mbox=build/6.1/gup-special-6.1-fix-huge-test.mbox
ok 'before what hooks them up' grep -q '^Subject: \[PATCH 6.1.y 3/4\] mm: add a test device' $mbox
ok 'signed off by the user' grep -q '^Signed-off-by: Tester <tester@example.org>' $mbox
plain "$T/all"
run git -C "$T/all" am -q "$PWD/$mbox"
exits 'git am of all of it' 0
ok 'gives what the prepared tree has' diff -r --exclude=.git "$T/all" $linux
ok 'modes as well' test -x "$T/all/tools/testing/ours.sh"
TOPICS=hug run ci/mbox
exits 'a topic that there is not' 2
done_testing
