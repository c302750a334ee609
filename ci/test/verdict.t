#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/verdict: each thing that must not pass, alone, beside tests that are green.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stub.sh"

# judge [CONSOLE-LINE...]: the report on stdin
judge() {
	play "$@"
	cp "$PLAY/results" "$out_dir/results.ktap"
	cp "$PLAY/console" "$out_dir/console.log"
	run ci/verdict m "$out_dir"
}
verdict_has() { grep -qP "$1" "$out_dir/verdict"; }

guest 'ok prog.a' 'ok prog.b' >"$T/green"
judge <"$T/green"
exits 'green is green' 0
ok 'the verdict line' verdict_has '^m\tPASS\t5\t0\t0\t'

# What no test may hide.
judge '[    2.000000] WARNING: CPU: 0 PID: 1 at mm/gup.c:100 try_grab_page+0x1/0x2' <"$T/green"
exits 'a WARN beside green tests fails' 1
says 'and is shown' 'WARNING: CPU: 0 PID: 1 at mm/gup.c'
while read -r splat; do
	judge "[    2.000000] $splat" <"$T/green"
	exits "fails: $splat" 1
done <<'SPLATS'
BUG: Bad page state in process prog  pfn:12345
BUG: Bad rss-counter state mm:000000 type:MM_FILEPAGES val:1
refcount_t: underflow; use-after-free.
page dumped because: VM_BUG_ON_FOLIO(folio_ref_count(folio) <= 0)
mm/pgtable-generic.c:40: bad pmd 000000(0123)
INFO: task prog:12 blocked for more than 120 seconds.
rcu: INFO: rcu_preempt self-detected stall on CPU
WARNING: possible recursive locking detected
general protection fault, probably for non-canonical address 0x1: 0000 [#1]
CPU: 0 PID: 1 Comm: prog Tainted: G        W
BUG: KASAN: use-after-free in gup_pte_range+0x1/0x2
watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [prog:1]
SPLATS
for harmless in 'CPU: 0 PID: 1 Comm: prog Not tainted 6.1.99' 'debug: starting debug_vm_pgtable tests' 'clocksource: no warnings'; do
	judge "[    2.000000] $harmless" <"$T/green"
	exits "passes: $harmless" 0
done
cp ci/splats.allow "$T/allow"
printf 'at mm/gup.c:100\tknown, harmless\n' >>ci/splats.allow
judge '[    2.000000] WARNING: CPU: 0 PID: 1 at mm/gup.c:100 try_grab_page+0x1/0x2' <"$T/green"
exits 'the allowlist lets its own line pass' 0
judge '[    2.000000] WARNING: CPU: 0 PID: 1 at mm/gup.c:101 try_grab_page+0x1/0x2' <"$T/green"
exits 'and no other' 1
cp "$T/allow" ci/splats.allow

# The kernel dies.
while IFS=$'\t' read -r arch pc; do
	head -n 7 "$T/green" | judge '[    2.0] BUG: unable to handle page fault for address: 0123' "$pc" \
		'[    2.1] Kernel panic - not syncing: Fatal exception'
	exits "an oops in mid-plan fails ($arch)" 1
	ok "with its function ($arch)" verdict_has 'the kernel died in gup_pte_range\b'
done <<'PCS'
x86	[    2.0] RIP: 0010:gup_pte_range+0x12/0x34
arm64	[    2.0] pc : gup_pte_range+0x12/0x34
mips	[    2.0] epc   : 80123456 gup_pte_range+0x12/0x34
PCS
head -n 7 "$T/green" | judge '[    2.0] WARNING: at mm/x.c:1' '[    2.0] RIP: 0010:innocent+0x12/0x34' \
	'[    2.0] Oops: 0000 [#1]' '[    2.0] RIP: 0010:guilty+0x12/0x34'
ok 'the function of an earlier WARN is not the one' verdict_has 'died in guilty\b'
judge '[    0.5] Kernel panic - not syncing: VFS: Unable to mount root fs' </dev/null
exits 'a panic before init is incomplete' 2
says 'and says so' 'its init never began'

# Plans.
head -n 7 "$T/green" | judge
exits 'a guest that stops in mid-plan is incomplete' 2
says 'with how far it came' 'the last program reported 1 of 2 results'
head -n -1 "$T/green" | judge
exits 'a program without its own result is incomplete' 2
sed 's/1\.\.1$/1..2/' "$T/green" | judge
exits 'a program that never ran is incomplete' 2
sed '/    1\.\.2/d' "$T/green" | judge
exits 'tests without a plan are incomplete' 2
sed 's/    1\.\.2/    1..1/' "$T/green" | judge
exits 'more results than planned are incomplete' 2
sed 's/ok 2 prog.b/ok 3 prog.b/' "$T/green" | judge
exits 'a number out of turn is incomplete' 2
grep -v '^    ' "$T/green" | judge
exits 'a program that reports nothing is incomplete' 2
sed '$s/.*/# killed by signal 11\nnot ok 1 prog/; /prog.b/d' "$T/green" | judge
exits 'a program that is killed fails' 1
says 'with the signal' 'killed by signal 11'
sed '$s/.*/# exit status 1\nnot ok 1 prog/' "$T/green" | judge
exits 'a program that fails with all its tests green fails' 1

# Tests.
guest 'ok prog.a' 'not ok prog.b' | sed 's/^    not ok/    # the entry is 0x1\n&/' | judge
exits 'a failed test fails' 1
says 'with its diagnostics' 'the entry is 0x1'
ok 'which is kept' grep -qxF 'prog.b'$'\t''the entry is 0x1' "$out_dir/failed"
guest 'not ok prog.a' 'ok prog.a' | judge
exits 'a later duplicate does not hide a failure' 1
guest 'ok prog.a' 'ok prog.a' | judge
exits 'a name that is used twice fails' 1
says 'and says what to do' 'is reported twice: passed; give each test a name of its own'
guest 'ok prog.a' 'ok prog.b # SKIP no PCI' | judge
exits 'a skip without leave fails' 1
says 'with the reason and the cure' 'skipped: no PCI; it must run here, or ci/skips or SKIP in the machine file must say why not'
guest 'ok prog.a' 'not ok prog.b # TODO later' | judge
exits 'TODO is no excuse' 1
guest 'ok prog.a' 'ok prog.b # XFAIL later' | judge
exits 'nor is XFAIL' 1
machine m virtio 'SKIP="prog.c*:nothing
prog.b*:there is no PCI here"'
guest 'ok prog.a' 'ok prog.b # SKIP no PCI' | judge
exits 'an allowed skip passes' 0
ok 'and is counted as one' verdict_has '^m\tPASS\t4\t0\t1\t'
ok 'with both reasons' grep -qxF $'prog.b\tno PCI (allowed: there is no PCI here)' "$out_dir/skipped"
guest 'ok prog.a # SKIP no PCI' 'ok prog.b' | judge
exits 'it is allowed by name only' 1
guest 'ok prog.a' 'ok prog.b # XFAIL no PCI' | judge
exits 'and leave to skip is no leave for XFAIL' 1
printf 'numa=0\tprog.b*\tno NUMA\n' >ci/skips
machine m virtio 'FACTS+=" numa=0"'
guest 'ok prog.a' 'ok prog.b # SKIP not in this kernel' | sed '1a # fact numa=0' | judge
exits 'a skip that follows from what is promised passes' 0
guest 'ok prog.a' 'ok prog.b # SKIP not in this kernel' | sed '1a # fact numa=1' | judge
exits 'not if the promise is broken' 1
machine m virtio 'FACTS+=" numa=1"'
guest 'ok prog.a' 'ok prog.b # SKIP not in this kernel' | sed '1a # fact numa=1' | judge
exits 'not if the opposite is promised' 1
machine m virtio
guest 'ok prog.a' 'ok prog.b # SKIP not in this kernel' | sed '1a # fact numa=0' | judge
exits 'nothing promised about a fact that skips depend on means 0' 0
guest 'ok prog.a' 'ok prog.b' | sed '1a # fact numa=1' | judge
exits 'and is a promise too' 1
says 'with the cure' 'is 1, not 0'
machine m virtio

# Nothing run.
sed 's/    1\.\.2/    1..0 # SKIP no test selected/; /prog\./d' "$T/green" >"$T/none"
judge <"$T/none"
exits 'nothing selected, without a filter, is a forbidden skip' 1
echo 'nosuch.*' >"$out_dir/filter"
judge <"$T/none"
exits 'nothing run is incomplete' 2
says 'with a question about the pattern' 'no test ran: TEST is a pattern'
sed 's/no test selected/cannot open the device/' "$T/none" | judge
exits 'a program that skips itself under a filter fails all the same' 1

# Promises.
sed '/fast_gup/d' "$T/green" | judge
exits 'a fact that is not reported is not judged under a filter' 0
sed 's/fast_gup=1/fast_gup=0/' "$T/green" | judge
exits 'but one that is reported wrongly is' 1
: >"$out_dir/filter"
sed '/fast_gup/d' "$T/green" | judge
exits 'a fact that is not reported fails' 1
says 'and is named' 'promise.fast_gup'
sed 's/fast_gup=1/fast_gup=0/' "$T/green" | judge
exits 'a broken promise fails' 1
says 'with both values' 'is 0, not 1'
sed 's/fast_gup=1/fast_gup=0x1/' "$T/green" | judge
exits 'a number may be written in hex' 0
sed 's/# fact fast_gup=1/&\n# fact fast_gup=0/' "$T/green" | judge
exits 'a fact with two values fails' 1

# JUnit, for those who collect it.
machine m virtio 'SKIP="prog.c:not here"'
guest 'ok prog.a' 'not ok prog.b' 'ok prog.c # SKIP why' | sed 's/^    not ok/    # <0x1> \&\x01\n&/' | judge 'the console'
junit() { python3 -c '
import sys, xml.etree.ElementTree as E
s = E.parse(sys.argv[1]).getroot()
c = {t.get("name"): t for t in s.iter("testcase")}
assert (s.get("tests"), s.get("failures"), s.get("skipped")) == ("6", "1", "1"), s.attrib
assert "<0x1> &" in c["prog.b"].find("failure").text
assert "why" in c["prog.c"].find("skipped").get("message")
assert len(c["prog.a"]) == 0 and "the console" in s.find("system-out").text
' "$out_dir/junit.xml"; }
ok 'JUnit has each test, its outcome and its text' junit
# Many failures
many=()
for i in $(seq 60); do many+=("not ok prog.t$i"); done
guest "${many[@]}" | judge
says 'no more than 40 failures are printed' 'and 20 more'
done_testing
