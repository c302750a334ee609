#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/lint: each kind of fault turns it red and is named. checkpatch.pl is a stub here.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # T: lib.sh

sandbox
# The rest is checked by make lint, in its own time.
find ci -type f ! -name lint ! -name promises ! -name tree ! -name results ! -name '*.py' ! -name '*.sh' -delete
rm -rf ci/test
small_kernel "$T/kernel"
mkdir "$T/kernel/scripts"
cat >"$T/kernel/scripts/checkpatch.pl" <<'EOT'
my $bad = 0;
for (@ARGV) {
	next if /^-/;
	open(my $f, '<', $_) or die "$_: $!";
	for my $line (<$f>) { if ($line =~ /UGLY/) { print "$_: UGLY\n"; $bad = 1; } }
}
exit $bad;
EOT
export KSRC=$T/kernel
mkdir -p mm
echo '/* ours */' >mm/ours.c
add_patch fix mm/gup.c 's/^line 10$/line ten/' 'mm/gup: say ten'
row=$'\tv1\tno sight of ten\tall\tnone\tall'
echo "mm-gup-say-ten$row" >patches/6.1/fixes

run ci/lint
exits 'without a tree' 2
says 'says how to get one' 'make tree'
run ci/tree patched
run ci/lint
exits 'all is well' 0
says 'and it says so' 'verdict: PASS'

# red NAME TEXT: the fault was made; afterwards it is undone
git add -A
git commit -qm all
red() {
	run ci/lint
	exits "$1" 1
	says "$1: is named" "$2"
	git reset -q --hard
	git clean -qfd
}
patch=patches/6.1/fix/0001-mm-gup-say-ten.patch

sed -i '/^Signed-off-by/d' $patch
red 'a patch without sign-off' 'no Signed-off-by: line'
cp $patch patches/6.1/fix/0002-spare.patch
red 'a patch in no series' '0002-spare.patch is in no series'
echo 'huge/0001-gone.patch' >>patches/6.1/series
red 'a line of the series without a patch' 'huge/0001-gone.patch is not there'
echo 'fix/0001-mm-gup-say-ten.patch' >>patches/6.1/series
red 'a patch under another heading' 'stands under the heading test'
sed -i 's/^fix.*/&\n&/' patches/6.1/series
red 'a patch twice' 'twice'
sed -i 's/^+line ten/+UGLY/' $patch
red 'checkpatch dislikes a patch' 'UGLY'
echo '/* UGLY */' >>mm/ours.c
red 'checkpatch dislikes a file of ours' 'mm/ours.c: UGLY'
printf '#!/bin/bash\necho $1\n' >ci/bad
red 'shellcheck dislikes a script' 'SC2086'
echo '/* te''h */' >>mm/ours.c
red 'a word misspelt' 'mm/ours.c:2'
sed -i 's/^+line ten/+line te''h/' $patch
red 'a word misspelt in what a patch adds' '0001-mm-gup-say-ten.patch:'
sed -i 's/^mm-gup-say-ten/mm-gup-say-nine/' patches/6.1/fixes
red 'a fix without a row' 'patches/6.1/fixes has no row of mm-gup-say-ten'
echo "mm-gup-say-nine$row" >>patches/6.1/fixes
red 'a row without a fix' 'patches/6.1/fixes has a row of mm-gup-say-nine'
sed -i 's/\tall$//' patches/6.1/fixes
red 'a row that lacks a field' 'mm-gup-say-ten: not six fields'

ci/results >/dev/null
echo '[fix/0001](patches/6.1/fix/0001-mm-gup-say-ten.patch)' >README.md
git add -A
git commit -qm 'documents'
run ci/lint
exits 'documents that are up to date' 0
sed -i 's,| fix/0001 ,| fix/0009 ,' Documentation/results/6.1.md
red 'a patch of another number' 'Documentation/results/6.1.md: paths is out of date: make results'
sed -i 's/of ten/of nine/' patches/6.1/fixes
red 'a fix that is worth something else' 'Documentation/results/6.1.md: fixes is out of date'
sed -i s/0001/0002/g README.md
red 'a link with an old number' 'README.md: links to patches have old numbers'
sed -i s/say-ten/say-nine/ README.md
red 'a link to a patch that has gone' 'README.md: a link to a patch that is in no series: mm-gup-say-nine.patch'
add_patch fix mm/memory.c 's/^memory 10$/memory ten/' 'mm/memory: say ten'
echo "mm-memory-say-ten$row" >>patches/6.1/fixes
red 'a path that the table lacks' 'paths is out of date'
mkdir -p patches/6.1/expect
printf 'mm-gup-say-ten\tx86_64\tpte.*\n' >patches/6.1/expect/guards
run ci/lint
exits 'a patch that a test covers and that can be left out' 0
printf 'm\tpte.a\tvalue 1\tmm-gup-say-ten\n' >patches/6.1/expect/stock
run ci/lint
exits 'a failure of stock that a patch mends' 0
echo 'm	pte.b	value 1	mm-gup-say-elf' >>patches/6.1/expect/stock
run ci/lint
exits 'one that no patch mends' 1
says 'one that no patch mends: is named' 'stock: pte.b: no patch has mm-gup-say-elf in its name'
rm patches/6.1/expect/stock
add_patch fix mm/gup.c 's/^line ten$/line X/' 'mm/gup: say it in Latin'
echo "mm-gup-say-it-in-Latin$row" >>patches/6.1/fixes
run ci/tree patched
red 'one that cannot be left out' '0001-mm-gup-say-ten.patch does not revert'

doc=Documentation/mm/huge_pfnmap.rst
mkdir -p ${doc%/*} tools/testing/selftests/mm/special ci/machines patches/6.1/expect
printf '%s\n' '==========  ===' 'function    why' '==========  ===' 'first(), a  the same: prog.a' \
	'second()    never' '==========  ===' >$doc
cat >tools/testing/selftests/mm/special/Makefile <<'EOT'
all:
	@printf 'echo "ok %d prog.%s # SKIP listed"\n' 1 a 2 b >$(OUTPUT)/prog
	@chmod +x $(OUTPUT)/prog
list:
	@echo prog
EOT
echo 'SKIP="prog.b:no b here"' >ci/machines/x86_64
: >ci/machines/m
: >ci/skips
printf 'first(), a\tprog.a m:prog.*\nsecond()\t-\tnobody calls it\n' >patches/6.1/expect/promises
ci/tree patched >/dev/null
run ci/lint
exits 'a document whose rows are kept' 0
git add -A
git commit -qm 'promises'
promises=patches/6.1/expect/promises
sed -i '/^second/d' $promises
red 'a row of the document that has no test' "$promises has no row of second()"
sed -i 's/^second()/third()/' $promises
red 'a row that the document has not' 'third(): Documentation/mm/huge_pfnmap.rst has no such row'
sed -i 's/\tnobody.*//' $promises
red 'no test and no reason' 'second(): no tests and no reason why not'
sed -i 's/prog\.a/prog.c/' $promises
red 'a test that is not there' 'first(), a: no test is prog.c'
sed -i 's/\tprog\.a/\tprog.b/' $promises
red 'a test that is always skipped' 'x86_64 may skip all of prog.b'
sed -i 's/m:/n:/' $promises
red 'a machine that is not there' 'first(), a: no machine is n'
sed -i 's/prog\.a/prog.c/' $doc
red 'a test of the document that is not there' "$doc: no test is prog.c"
done_testing
