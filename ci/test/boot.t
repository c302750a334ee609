#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/boot: the timers, the channels, and what it says when a guest does not do as it should.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stub.sh"

guest 'ok prog.a' 'ok prog.b' | play
run ci/boot m "$out_dir"
exits 'a guest that is well passes' 0
says 'its QEMU command is printed whole' "'-kernel' '$out_dir/kernel/image'"
says 'two tests, two promises and the clean console are counted' '5 passed, 0 failed'

echo 'echo "$@" >"$PLAY/args"; cat "$PLAY/../out/filter" >"$PLAY/filter"' >"$PLAY/then"
run ci/boot m "$out_dir" 'prog.a*' '!prog.b'
ok 'the patterns are passed to the guest, one a line' test "$(cat "$PLAY/filter")" = $'prog.a*\n!prog.b'
ok 'an oops ends the guest, and a panic ends QEMU' grep -q 'no-reboot.*oops=panic panic=-1' "$PLAY/args"

CMDLINE='special.fuzz=seed:1' run ci/boot m "$out_dir"
ok 'CMDLINE is added to what the machine says' grep -q 'mem=1G special.fuzz=seed:1' "$PLAY/args"
machine m virtio LOG=1M
run ci/boot m "$out_dir"
ok 'LOG is a device whose memory is a file' grep -q "size=1M,mem-path=$out_dir/log,share=on" "$PLAY/args"

machine m virtio SILENCE=1
echo 'exec sleep 30' >"$PLAY/then"
guest 'ok prog.a' 'ok prog.b' | head -n 7 >"$PLAY/results"
run ci/boot m "$out_dir"
exits 'a guest that hangs is incomplete' 2
says 'it says which timer ended it, and where it is set' 'nothing heard for 1 s: it hangs, or SILENCE in ci/machines/m'
says 'the last console lines are shown' 'Linux version 6.1.99'
ok 'nothing of it runs on' not pgrep -f "$T/bin/qemu-stub"

machine m virtio SILENCE=10 TOTAL=2
echo 'while sleep 0.2; do echo noise >>"$con"; done' >"$PLAY/then"
run ci/boot m "$out_dir"
exits 'a guest that goes on for ever is incomplete' 2
says 'the total timer says where it is set' 'not done after 2 s: raise TOTAL in ci/machines/m'
ok 'the verdict has the reason' grep -q $'^m\tINCOMPLETE\t.*not done after 2 s' "$out_dir/verdict"

machine m virtio SILENCE=2
echo 'for i in 1 2 3 4 5 6 7; do sleep 0.5; echo noise >>"$con"; done' >"$PLAY/then"
guest 'ok prog.a' 'ok prog.b' >"$PLAY/results"
run ci/boot m "$out_dir"
exits 'one that is slow, but heard, is not ended' 0

# One that has failed before it hung has failed.
machine m virtio SILENCE=1
echo 'exec sleep 30' >"$PLAY/then"
guest 'not ok prog.a' 'ok prog.b' | head -n 7 >"$PLAY/results"
run ci/boot m "$out_dir"
exits 'a failure before the hang is a failure' 1

machine m virtio
guest 'ok prog.a' | play
run ci/boot m "$out_dir"
exits 'the next boot is well again' 0
guest | head -n 0 | play
run ci/boot m "$out_dir"
exits 'results of the boot before do not count' 2
says 'a guest whose init never began is named' 'its init never began'

echo 'int plugin;' >"$T/plugin.c"
machine m virtio "PLUGIN=$T/plugin.c"
guest 'ok prog.a' | play
echo 'echo "$@" >"$PLAY/args"' >"$PLAY/then"
run ci/boot m "$out_dir"
exits 'a machine with a plugin for QEMU boots' 0
ok 'the plugin is built and loaded' grep -q -e "-plugin $out_dir/plugin.so" "$PLAY/args"
ok 'and is of the source that the machine names' grep -qw plugin "$out_dir/plugin.so"
echo 'no C' >"$T/plugin.c"
run ci/boot m "$out_dir"
exits 'a plugin that does not build is incomplete' 2
says 'with the place to mend' 'take it out of ci/machines/m'

machine m virtio 'QEMU="qemu-system-none -M stub"'
run ci/boot m "$out_dir"
exits 'a missing QEMU is incomplete' 2
says 'with the package to install' 'qemu-system-none is not installed: apt-get install qemu-stub-package'
machine m virtio
: >"$PLAY/console"
: >"$PLAY/results"
echo 'echo "qemu: no such machine" >&2; exit 1' >"$PLAY/then"
run ci/boot m "$out_dir"
exits 'a QEMU that does not start is incomplete' 2
says 'with its own message and the place to mend' 'no such machine: mend QEMU= in ci/machines/m'
run ci/boot nosuch "$out_dir"
exits 'a machine that does not exist is incomplete' 2
says 'the machines that exist are named' 'there are: k m'
mv "$out_dir/kernel/image" "$T/image"
run ci/boot m "$out_dir"
exits 'a kernel that is not built is incomplete' 2
says 'with what to do' 'build first (make run'
mv "$T/image" "$out_dir/kernel/image"

# frames: results as the guest's init puts them into the kernel's log
frames() { awk '{ printf "[    1.%06d] ktap %d: %s\r\n", NR, NR - 1, $0 }'; }
guest 'ok prog.a' 'ok prog.b' | play
guest 'ok prog.a' 'ok prog.b' | frames >>"$PLAY/console"
run ci/boot k "$out_dir"
exits 'without a channel the console carries the results' 0
says 'all of them' '5 passed'
sed -i '/prog.a/i [    1.5] usb 1-1: new device ktap 99: not ok 1 prog.x' "$PLAY/console"
run ci/boot k "$out_dir"
exits 'a message of the kernel that contains a result is none' 0
says 'and changes nothing' '5 passed, 0 failed'
sed -i 's/ktap 7: .*/ktap 7:     ok[    1.6] usb 1-1: reset/' "$PLAY/console"
run ci/boot k "$out_dir"
exits 'a result that noise has broken is incomplete' 2
says 'and the test did not pass' '4 passed'
sed -i '/ktap 1:/d' "$PLAY/console"
run ci/boot k "$out_dir"
exits 'a lost line is incomplete' 2
done_testing
