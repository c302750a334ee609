#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/release: what is published, and when it refuses.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # T: lib.sh

sandbox
small_kernel "$T/kernel"
export KSRC=$T/kernel NAME=v6.1.99-1
add_patch fix mm/gup.c 's/^line 10$/line ten/' 'mm/gup: say ten'
mkdir -p Documentation/results
echo results >Documentation/results/6.1.md
printf '%s\n' '# Changes' '' '## v6.1.99-1 (2024-01-02)' '' 'The first one.' '' '## v6.1.98-1' 'An old one.' >CHANGELOG.md
rm ci/machines/*
cp "$repo/ci/machines/m68k" ci/machines/m
echo build >>.gitignore
git add -A
git commit -qm all
out=build/release/$NAME

no_release() { exits "$1" 2; ok 'no tag' not git rev-parse -q --verify "refs/tags/$NAME"; ok 'nothing' test ! -e "$out"; }

NAME='' run ci/release
exits 'a name is needed' 2
run ci/release
no_release 'a machine was not run'
says 'which is named' 'm (not run)'
mkdir -p build/6.1/m
verdict() { printf 'm\t%s\t1\t%s\t0\t0\t\n' "$1" "$2" >build/6.1/m/verdict; }
verdict FAIL 1
run ci/release
no_release 'it failed'
verdict PASS 0
touch -d 2020-01-01 build/6.1/m/verdict
run ci/release
no_release 'it passed, but then something changed'
says 'which is said' 'run before the last change'
touch build/6.1/m/verdict
touch patches/new
run ci/release
no_release 'something is not committed'
rm patches/new
NAME=v2 run ci/release
exits 'CHANGELOG.md has another heading' 2
says 'which is named' 'is v6.1.99-1: rename it to v2'

printf '%s\n' 'TAP version 13' '1..1' 'ok 1 prog' >build/6.1/m/results.ktap
run ci/release
exits 'else it is made' 0
for f in gup-special-6.1{,-fix}.mbox{,.cover,.series} report.html results.json 6.1.md SHA256SUMS; do
	ok "$f" test -s "build/release/$NAME/$f"
done
ok 'the sums are right' eval "(cd build/release/$NAME && sha256sum -c --quiet SHA256SUMS)"
ok 'the tag is on HEAD' test "$(git rev-parse "$NAME^{commit}")" = "$(git rev-parse HEAD)"
says_tag=$(git tag -l --format='%(contents)' "$NAME")
ok 'and says what CHANGELOG.md says' grep -qx 'The first one.' <<<"$says_tag"
ok 'of this release only' not grep -q 'old one' <<<"$says_tag"
run ci/release
exits 'a second time it refuses' 2
done_testing
