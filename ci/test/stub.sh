#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Sourced, after lib.sh, by the tests of boot, verdict, run and red: a machine "m" whose QEMU plays back what is in the
# folder $PLAY: the files console, results and then (sourced last). One more machine, "k", talks on the console only.

# What a pipe ends in runs here, not in a shell of its own, and may set $out and $status.
shopt -s lastpipe

sandbox
mkdir -p "$T/bin" "$T/play" "$T/out/kernel/usr" "$T/out/tests"
export PLAY=$T/play
# shellcheck disable=SC2034 # for those who source this
out_dir=$T/out
cat >"$T/bin/qemu-stub" <<'STUB'
#!/usr/bin/env bash
for a; do
	case $a in file:*) con=${a#file:} ;; file,id=ktap,path=*) res=${a##*path=} ;; esac
done
cat "$PLAY/console" >>"$con"
[[ -z ${res-} ]] || cat "$PLAY/results" >>"$res"
. "$PLAY/then"
STUB
printf '#!/bin/sh\ncat "$1"\n' >"$T/out/kernel/usr/gen_init_cpio"
touch "$T/out/kernel/image" "$T/out/init"
printf '#!/bin/sh\n' >"$T/out/tests/prog"
chmod +x "$T/bin/qemu-stub" "$T/out/kernel/usr/gen_init_cpio" "$T/out/tests/prog" "$T/out/init"

# machine NAME CHANNEL [LINE...]: a machine file
machine() {
	printf '%s\n' ARCH=stub CROSS_COMPILE= 'PACKAGES="qemu-stub-package"' TARGET=image IMAGE=image \
		"QEMU=\"$T/bin/qemu-stub -M stub\"" CONSOLE=tty0 'APPEND="mem=1G"' "CHANNEL=$2" TOTAL=20 SILENCE=10 \
		'FACTS="arch=stub fast_gup=1"' "${@:3}" >"ci/machines/$1"
}
rm -f ci/machines/*
machine m virtio
machine k console

# play: stdin is what the guest reports; afterwards the machine is off. Extra console lines are arguments.
play() {
	cat >"$PLAY/results"
	{ echo '[    0.000000] Linux version 6.1.99'; [[ $# = 0 ]] || printf '%s\n' "$@"; } >"$PLAY/console"
	: >"$PLAY/then"
}
# guest RESULT...: a whole report with these results of one program; exactly the facts that are promised.
guest() {
	local i=0 r bad=
	echo 'KTAP version 1'
	printf '# fact %s\n' arch=stub fast_gup=1
	echo 1..1
	echo '    TAP version 13'
	echo "    1..$#"
	for r; do
		i=$((i + 1))
		[[ $r != not* ]] || bad='not '
		echo "    ${r/ok/ok $i}"
	done
	echo "${bad}ok 1 prog"
}
