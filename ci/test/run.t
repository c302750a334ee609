#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/run: several machines, the table, and the one line at the end.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stub.sh"

# Nothing is installed, prepared or built here; a machine named in $T/unbuilt fails to build.
for p in install tree; do printf '#!/bin/bash\necho "stub %s $*"; [[ ! -e %s ]]\n' "$p" "$T/no-$p" >"ci/$p"; done
cat >ci/build <<BUILD
#!/usr/bin/env bash
echo "stub build \$*"
! grep -qsx "\$1" "$T/unbuilt" || exit 2
mkdir -p "\$3" && cp -r "$T/out/." "\$3"
BUILD
machine k virtio
export BUILD=$T/build MACHINES="m k"
guest 'ok prog.a' 'ok prog.b' >"$T/green"
guest 'ok prog.a' 'not ok prog.b' >"$T/red"

play <"$T/green"
run ci/run patched
exits 'all green' 0
says 'closes with a verdict' 'verdict: PASS (2 machines, 10 tests)'
ok 'which is the last line' test "$(tail -n 1 <<<"$out")" = 'verdict: PASS (2 machines, 10 tests)'
says 'prepares the tree' 'stub tree patched'
ok 'the table shows what the kernel reported' grep -qE '^m +\? +y +\? +\? +\? +5 +0 +0 ' <<<"$out"
echo 'cp "$(dirname "$con")/filter" "$PLAY/filter"' >"$PLAY/then"
TEST='prog.a prog.b' REBOOT_ONLY=1 MACHINES=m run ci/run patched
exits 'a reboot' 0
lacks 'builds nothing' 'stub build'
ok 'and selects tests' test "$(cat "$PLAY/filter")" = $'prog.a\nprog.b'

machine b virtio KERNEL=m
JOBS=2 MACHINES="b m" run ci/run patched
exits 'a machine that boots the kernel of another' 0
ok 'comes after that one' test "$(sed -n 's/^\([bm]\): PASS.*/\1/p' <<<"$out" | xargs)" = 'm b'
JOBS=2 MACHINES="k b m" run ci/run patched
says 'nor does it keep others from being built' 'stub build k'
mv ci/run-one ci/run-one.real
printf '#!/bin/bash\n[[ $1 = b ]] || exec ci/run-one.real "$@"\n' >ci/run-one
chmod +x ci/run-one
JOBS=2 MACHINES="k b m" run ci/run patched
exits 'a machine that did not run' 2
says 'is incomplete, whatever it was the last time' 'verdict: INCOMPLETE: b (of 3 machines)'
mv ci/run-one.real ci/run-one
echo 'exec -a "guest of $PLAY" sleep 60' >"$PLAY/then"
guests() { pgrep -fc "guest of $PLAY"; }
JOBS=2 ci/run patched >/dev/null 2>&1 &
pid=$!
for _ in $(seq 100); do [[ $(guests) != 2 ]] || break; sleep 0.1; done
ok 'two machines are up at a time' test "$(guests)" = 2
kill "$pid"
wait "$pid" 2>/dev/null
sleep 0.5
ok 'and an interrupted run leaves none behind' test "$(guests)" = 0
play <"$T/green"
rm ci/machines/b

machine m_drivers virtio
MACHINES=drivers run ci/run patched
says 'drivers are the machines of that name' 'verdict: PASS (1 machines, 5 tests)'
ok 'and no other' grep -qE '^m_drivers ' <<<"$out"
rm ci/machines/m_drivers

machine m_fuzz virtio
echo 'EXTRA="for a test"' >>ci/machines/m_fuzz
MACHINES=all run ci/run patched
ok 'what is EXTRA is none of all' not grep -qE '^m_fuzz ' <<<"$out"
MACHINES=fuzz run ci/run patched
says 'it has a name for itself' 'verdict: PASS (1 machines, 5 tests)'
rm ci/machines/m_fuzz

play <"$T/red"
run ci/run patched
exits 'a failed test' 1
says 'names the machines' 'verdict: FAIL: m k (of 2 machines)'
play <"$T/green"
echo m >"$T/unbuilt"
run ci/run patched
exits 'a machine that does not build is incomplete' 2
says 'and is named' 'verdict: INCOMPLETE: m (of 2 machines)'
ok 'the other is judged all the same' grep -qE '^k .* PASS$' <<<"$out"
play <"$T/red"
run ci/run patched
exits 'a failure weighs more' 1
says 'and both are named' 'verdict: FAIL: k; incomplete: m'
rm "$T/unbuilt"
for p in install tree; do
	touch "$T/no-$p"
	run ci/run patched
	ok "ci/$p failing ends it" test "$status" != 0
	lacks 'before anything is built' 'stub build'
	rm "$T/no-$p"
done
machine m virtio 'SKIP="prog.b:no PCI here"'
guest 'ok prog.a' 'ok prog.b # SKIP no BAR' | play
MACHINES=m run ci/run patched
exits 'an allowed skip passes' 0
says 'and its reason is in the summary' 'skipped on m: 1 no BAR (allowed: no PCI here)'
machine m virtio
MACHINES=nosuch run ci/run patched
exits 'an unknown machine is incomplete' 2
run ci/run other
exits 'so is an unknown variant' 2

# The hosts are folders here: rsync copies, and parallel runs each machine in the first of them.
machine m virtio
mkdir "$T/hosts"
cat >"$T/bin/rsync" <<EOT
#!/usr/bin/env bash
echo "stub rsync \$*"
host=$T/hosts/\${*: -1}
mkdir -p "\${host%:*}" && cp -r ci Makefile "\${host%:*}"
EOT
cat >"$T/bin/parallel" <<EOT
#!/usr/bin/env bash
printf 'stub parallel %s\n' "\$*"
while [[ \$1 != ::: ]]; do
	case \$1 in --sshlogin) hosts=\$2 ;; --return) back+=("\$2") ;; esac
	command=\$1
	shift
done
for m in "\${@:2}"; do
	[[ \$m != lost ]] || continue
	(cd "$T/hosts/\${hosts%%,*}" && bash -c "\${command//'{}'/\$m}") || bad=1
	for f in "\${back[@]//'{}'/\$m}"; do
		[[ ! -e $T/hosts/\${hosts%%,*}/\$f ]] || { mkdir -p "\${f%/*}" && cp "$T/hosts/\${hosts%%,*}/\$f" "\$f"; }
	done
done
[[ -z \${bad-} ]]
EOT
chmod +x "$T/bin/rsync" "$T/bin/parallel"
play <"$T/green"
hosts() { BUILD=build PATH=$T/bin:$PATH HOSTS="one two" run ci/run patched; }
hosts
exits 'on other hosts' 0
says 'the verdict is of all' 'verdict: PASS (2 machines, 10 tests)'
ok 'each is brought up to date' test "$(grep -c '^stub rsync' <<<"$out")" = 2
says 'all are used' '--sshlogin one,two'
ok 'nothing is built here' not test -e build/6.1/m/init
ok 'and the results come back' test -s build/6.1/m/results.ktap -a -s build/6.1/k/console.log
TEST="prog.a 'x" hosts
ok 'tests are selected there' test "$(cat "$T/hosts/one/build/6.1/m/filter")" = $'prog.a\n'"'x"
play <"$T/red"
hosts
exits 'a failed test there' 1
says 'names the machines' 'verdict: FAIL: m k (of 2 machines)'
play <"$T/green"
machine lost virtio
MACHINES="m lost" hosts
exits 'a machine of which nothing comes back' 2
says 'is named' 'lost: it did not run, or nothing came back from its host'
touch "$T/no-tree"
hosts
exits 'one where nothing can be prepared' 2
says 'does not show what is left of an earlier run' 'm: it did not run, or nothing came back from its host'
rm "$T/no-tree"
printf '#!/bin/sh\nexit 255\n' >"$T/bin/rsync"
hosts
exits 'a host that does not answer' 2
says 'is named' 'one: ssh or rsync does not get there'
rm ci/machines/lost

export MACHINES=m PATCH=core/0001-x.patch
play <"$T/green"
run ci/run patched
run ci/run without
exits 'a patch whose loss nothing sees' 1
says 'is called not covered' 'verdict: NOT COVERED'
play <"$T/red"
run ci/run without
exits 'a patch whose loss turns a test red' 0
says 'is covered, by name' 'fails without it on m: prog.b'
run ci/run patched
run ci/run without
exits 'what is red with the patch too does not guard it' 1
head -n 7 "$T/green" | play '[    1.0] Oops: 0000 [#1]' '[    1.0] RIP: 0010:gup_pte_range+0x1/0x2'
run ci/run without
exits 'an oops counts' 0
says 'with its function' 'fails without it on m: the kernel died in gup_pte_range'
head -n 7 "$T/green" | play
run ci/run without
exits 'a boot that stops short proves nothing' 2
# Two runs at once
cat >"$PLAY/then" <<'THEN'
touch "$PLAY/up"
for _ in {1..100}; do [[ ! -e $PLAY/go ]] || break; sleep 0.1; done
THEN
rm -f "$PLAY/up" "$PLAY/go"
guest 'ok prog.a' >"$PLAY/results"
TEST=prog.a MACHINES=m REBOOT_ONLY=1 ci/run patched >"$T/one" 2>&1 &
one=$!
for _ in {1..100}; do [[ ! -e $PLAY/up ]] || break; sleep 0.1; done
guest 'ok prog.b' 'ok prog.c' >"$PLAY/results"
TEST='prog.[bc]' MACHINES=m REBOOT_ONLY=1 ci/run patched >"$T/two" 2>&1 &
two=$!
for _ in {1..100}; do ! grep -q 'is in use' "$T/two" || break; sleep 0.1; done
run cat "$T/two"
says 'a second run says who has the folder' "$BUILD/6.1/m is in use by process $one"
says 'and names BUILD=' 'BUILD='
touch "$PLAY/go"
wait $one
first=$?
wait $two
ok 'both come to an end' test "$first $?" = '0 0'
run cat "$T/one"
says 'the first with its own results' 'PASS (1 machines, 4 tests)'
run cat "$T/two"
says 'the second with its own' 'PASS (1 machines, 5 tests)'
play <"$T/green"

# A budget
machine m virtio COST=100
machine k virtio COST=2000
BUDGET=1000 MACHINES="k m" run ci/run patched
exits 'a machine that would not be done in time' 2
says 'is named in the verdict' 'verdict: INCOMPLETE: not run for want of time: k (of 2 machines)'
says 'with its reason' 'k: not begun: it would take about 2000 s'
lacks 'and not built' 'stub build k'
says 'the others are' 'm: PASS'
machine k virtio COST=600
machine m virtio COST=1
echo 'sleep 2' >"$PLAY/then"
JOBS=1 BUDGET=1000 MACHINES="m k" run ci/run patched
says 'on a slow host a machine takes longer' 'not run for want of time: k'
play <"$T/green"
JOBS=1 MACHINES="m k" run ci/run patched
exits 'without a limit all of it runs' 0

# What drifted
printf '%s\n' fix/0001-x.patch >"$BUILD/6.1/drifted.patched"
MACHINES=m run ci/run patched
says 'context that drifted is in the verdict' 'verdict: PASS (1 machines, 5 tests); context drifted: fix/0001-x.patch'
done_testing
