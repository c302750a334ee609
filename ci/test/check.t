#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/check: what is counted as what, and what is left out when time is short; ci/touched: what comes first.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # out, T: lib.sh

sandbox
rm ci/machines/* ci/test/*
printf '%s\n' ARCH=x86_64 IMAGE=arch/x86/boot/bzImage COST=10 >ci/machines/first
printf '%s\n' ARCH=m68k IMAGE=vmlinux COST=100 >ci/machines/other
printf '%s\n' '. ci/machines/other' KERNEL=other >ci/machines/third
echo first >patches/6.1/expect/stock-in-check
for p in install tree lint kconfig-audit static-audit run-red fuzz; do printf '#!/bin/bash\necho "stub %s $*"\n' $p >ci/$p; done
printf '%s\n' 'printf "ok\tfirst\n" >build/6.1/red.tsv' >>ci/run-red
printf '#!/bin/bash\necho 1..1; echo ok 1 - a rig test\n' >ci/test/one.t
chmod +x ci/test/one.t
# A machine passes two tests, or does what $T/<machine> says.
cat >ci/run-one <<ONE
#!/usr/bin/env bash
real=\$(sed -n '/^((/,/^fi/p' "$repo/ci/run-one")
. ci/lib.sh
eval "\$real"
mkdir -p "\$3"
printf '%s\tPASS\t2\t0\t0\t1\t\n' "\$1" >"\$3/verdict"
[[ ! -e $T/\$1 ]] || cat "$T/\$1" >"\$3/verdict"
ONE

run ci/check
exits 'all is well' 0
ok 'the last line counts' test "$(tail -n 1 <<<"$out")" = '14 passed, 0 failed, 0 skipped'
BUDGET=70 run ci/check
exits 'little time' 0
says 'a machine is left out, by name' 'NOT RUN, so nothing is known of it: machine other'
says 'so is what boots its kernel' 'NOT RUN, so nothing is known of it: machine third'
says 'and the stock kernel' 'NOT RUN, so nothing is known of it: stock on first'
says 'and random operations' 'NOT RUN, so nothing is known of it: fuzz'
ok 'that is no pass' test "$(tail -n 1 <<<"$out")" = '8 passed, 0 failed, 4 skipped'
lacks 'and none of it is begun' 'stub run-red'
printf 'first\tFAIL\t1\t1\t0\t1\t\n' >"$T/first"
BUDGET=70 run ci/check
exits 'a red machine beside those that are left out' 1
printf 'first\tINCOMPLETE\t0\t0\t0\t1\tno plan\n' >"$T/first"
run ci/check
exits 'a machine that did not finish' 1
says 'counts as failed' '12 passed, 1 failed, 0 skipped'
rm "$T/first"
printf '#!/bin/bash\necho 1..2; echo ok 1 - a rig test; echo "ok 2 - another # SKIP no tool"\n' >ci/test/one.t
run ci/check
ok 'a rig test that is skipped is no pass' test "$(tail -n 1 <<<"$out")" = '14 passed, 0 failed, 1 skipped'
printf '#!/bin/bash\necho 1..2; echo ok 1 - a rig test\n' >ci/test/one.t
run ci/check
exits 'a rig test that did not finish' 1

# What comes first
git add -A
GIT_COMMITTER_DATE='2024-01-01T00:00:00+0000' git commit -qm old
run ci/touched first other third
ok 'without a change: as given' test "${out//$'\n'/ }" = 'first other third'
mkdir -p patches/6.1/arch
printf '%s\n' '--- a/arch/m68k/mm/fault.c' '+++ b/arch/m68k/mm/fault.c' >patches/6.1/arch/0001-x.patch
git add -A
GIT_COMMITTER_DATE='2024-01-02T00:00:00+0000' git commit -qm new
run ci/touched first other third
ok 'a patch of an architecture: its machines first' test "${out//$'\n'/ }" = 'other third first'
echo '# more' >>ci/machines/third
git commit -qam 'at once' --date=2024-01-02T00:01:00+0000
GIT_COMMITTER_DATE='2024-01-03T00:00:00+0000' git commit -q --amend --no-edit
run ci/touched first other third
ok 'the file of a machine: that one' test "${out//$'\n'/ }" = 'third first other'

# A machine that takes over from another what is not there any more
printf '%s\n' 'FACTS="levels=3"' >ci/machines/first
printf '%s\n' '. ci/machines/first' 'replace FACTS levels=4 levels=5' >ci/machines/second
run bash -c '. ci/lib.sh; load_machine second'
exits 'a replacement of nothing' 2
says 'is named with its place' 'ci/machines/second: FACTS has no levels=4 to replace'
run bash -c 'MACHINES=secon; . ci/lib.sh; machines'
says 'a name that is nearly right' 'did you mean second?'
done_testing
