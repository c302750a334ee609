# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the programs that build, boot and judge a machine share. Sourced from the top folder.
. ci/lib.sh

# A machine is data: its file sets these and nothing else.
load_machine() {
	machines "$1" >/dev/null
	# shellcheck disable=SC2034
	TOTAL=300 SILENCE=60 KERNEL='' PLUGIN='' GCC_PLUGIN='' MUSL='' SKIP=
	# shellcheck disable=SC1090
	. "ci/machines/$1"
}

# incomplete MACHINE OUT NOTE: the verdict of a machine that never got as far as ci/verdict; one that did keeps its own.
incomplete() { [ -s "$2/verdict" ] || printf '%s\tINCOMPLETE\t0\t0\t0\t0\t%s\n' "$1" "$3" >"$2/verdict"; }

# background COMMAND...: as a process group, so that stop_background reaches all of it; give it to the EXIT trap.
background() {
	set -m
	"$@" &
	set +m
}
stop_background() {
	local group
	for group in $(jobs -p); do kill -- "-$group" 2>/dev/null || :; done
}
