#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/fuzz: what the guest is told, what is shown of it, and how a failure is shortened.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # out, T: lib.sh

sandbox
rm ci/machines/*
printf '%s\n' ARCH=x86_64 FACTS= >ci/machines/m_fuzz
# A machine that has done two operations, and fails while "bad" and "worse" are not left out.
cat >ci/run <<'RUN'
#!/usr/bin/env bash
[[ $1 == patched ]] && d=build/6.1/m_fuzz || d=build/6.1/without/m_fuzz
mkdir -p $d
echo "$1 $MACHINES $TEST ${PATCH-} $CMDLINE" | tee -a told
line() { printf '%6d T%d %5d %-19s %-19s %2d %2d %s\n' "$@"; }
{ line 0 1 7 good anon 3 1 +; line 1 0 9 bad pmd.order0 0 16 '?'; head -c 4096 /dev/zero; } >$d/log
printf '    # op %s\n' 'good 5 4 0 1 2' 'bad 3 0 0 0 3' >$d/results.ktap
echo '    # sum steps 8 tried 8 done 4' >>$d/results.ktap
[[ -z ${WRONG-} ]] || printf '# seed %s steps 2 wrong %s\n' 6 0 7 1 >>$d/results.ktap
case $CMDLINE in *bad* | *pmd.order0*) status=PASS n=0 ;; *) status=FAIL n=1 ;; esac
[[ -z ${PATCH-} || $n == 0 ]] || { echo "verdict: COVERED: without it 1 fail"; n=0; guarded=1; }
[[ -z ${PATCH-} || -n ${guarded-} ]] || { echo "verdict: NOT COVERED"; n=1; }
printf 'm_fuzz\t%s\t0\t%s\t0\t1\t\n' "$status" "$n" >$d/verdict
printf 'fuzz.1.operations\ta page is taken\n' >$d/failed
[[ -n ${PATCH-} ]] || echo "verdict: $status"
exit $n
RUN

WITHOUT='bad worse' SEED=3-4 run ci/fuzz
exits 'all is well' 0
says 'the guest is told all' 'patched m_fuzz fuzz.*  special.fuzz=seed:3-4,ops:20000,threads:4,faults:1,seconds:0,without:bad+worse'
says 'the table has what was done' "$(printf '%-20s %9d %9d %9d %9d %9d' good 5 4 0 1 2)"
says 'and the sum' 'm_fuzz: steps 8 tried 8 done 4'
lacks 'nothing is said to be found' 'found in'

OPS=800 run ci/fuzz
exits 'a failure' 1
says 'what went wrong' 'a page is taken'
says 'after how many operations' 'found in the last of its seeds after 2 operations; SEED=1 OPS=800'
ok 'the last of them is shown, as it was begun' grep -q '^     *1 T0 *9 bad .* ?$' <<<"$out"

WRONG=1 OPS=800 run ci/fuzz
says 'the seed that has found it' 'found in seed 7 after 2 operations'

OPS=800 SHORTEN=1 run ci/fuzz
exits 'it is still one' 1
says 'what it needs is left' 'to: bad pmd.order0'
says 'with the command to see it again' "REBOOT_ONLY=1 SEED=1 OPS=800 THREADS=4 FAULTS=1 WITHOUT='"
OPS=800 SHORTEN=1 TRIES=3 run ci/fuzz
says 'within a limit' 'shortened in 3 boots'

PATCH=some run ci/fuzz
exits 'a patch that is found to be left out' 0
says 'is left out' 'without m_fuzz fuzz.* some special.fuzz='
printf '%s\t%s\t%s\t%s\t%s\t%s\n' '# patch' machine seed ops threads 'found after' some m_fuzz 1 500 4 2 >patches/6.1/expect/fuzz
run ci/fuzz guards
exits 'all are found' 0
says 'and the verdict says so' 'verdict: COVERED (1 patches'
ok 'with how many operations it took' grep -q $'^ok\tsome\tm_fuzz\t1\t2$' build/6.1/fuzz-guards.tsv
WITHOUT=bad run ci/fuzz guards
exits 'one is not' 1
done_testing
