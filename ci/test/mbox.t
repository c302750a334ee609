#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ci/mbox: git am of it gives the prepared tree.
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
add_patch core mm/gup.c 's/^line 10$/line ten/' 'mm/gup: say ten'
add_patch huge mm/gup.c 's/^line 30$/line thirty/' 'mm/gup: say thirty'
linux=build/6.1/linux

run ci/mbox
exits 'without a tree it makes one' 0
says 'names the file' build/6.1/gup-special-6.1.mbox
says 'counts the patches, our files being one' '3 patches for Linux 6.1.99'
mbox=$PWD/build/6.1/gup-special-6.1.mbox
ok 'our files come first, with a subject' grep -q '^Subject: \[PATCH 1/3\] mm: add a test device' "$mbox"
ok 'signed off by the user' grep -q '^Signed-off-by: Tester <tester@example.org>' "$mbox"
git -C "$T/kernel" init -q
git -C "$T/kernel" add -fA
git -C "$T/kernel" commit -qm base
run git -C "$T/kernel" am -q "$mbox"
exits 'git am on the base' 0
ok 'gives the tree of the prepared tree' test \
	"$(git -C "$T/kernel" rev-parse 'HEAD^{tree}')" = "$(git -C $linux rev-parse 'HEAD^{tree}')"

ci/mbox - >"$T/stdout" 2>/dev/null
ok 'on stdout the same bytes' cmp "$T/stdout" "$mbox"
TOPICS=core run ci/mbox
says 'TOPICS= chooses' '2 patches'
done_testing
