#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/list: names from a run of all tests, else from a boot; patterns as the tests take them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stub.sh"

export MACHINES="m k" BUILD=$T/build
dir=$T/build/6.1/m

# names NAME WANTED...: what ci/list prints on stdout
names() { ok "$1" test "$(ci/list 2>/dev/null | xargs)" = "${*:2}"; }

run ci/list
exits 'a machine that is not built' 2
says 'and what to do' 'm is not built: make run MACHINES=m'
mkdir -p "$dir"
cp -r "$T/out/." "$dir"
guest 'ok prog.a # SKIP listed' 'ok prog.b # SKIP listed' | play
run ci/list
exits 'a machine that has not run' 0
says 'tells' '2 tests of m, by a boot'
ok 'and nothing of it is taken for a run' not test -e "$dir/verdict"
guest 'ok prog.a' 'ok prog.b' 'ok prog.c # SKIP not here' | play
echo 'SKIP="prog.c:why"' >>ci/machines/m
ci/boot m "$dir" >/dev/null
names 'after a run its names' prog.a prog.b prog.c
run ci/list
says 'without another boot' '3 of 3 tests of m, by its last run'
TEST='prog.[ab]' names 'a pattern' prog.a prog.b
TEST='!prog.a' names 'what is left out' prog.b prog.c
TEST='prog.[ab] !prog.a' names 'both' prog.b
TEST='nothing.*' names 'a pattern of nothing'
guest 'ok prog.a' | play
ci/boot m "$dir" prog.a >/dev/null
guest 'ok prog.a # SKIP listed' 'ok prog.d # SKIP listed' | play
names 'a run of some tests does not do' prog.a prog.d
done_testing
